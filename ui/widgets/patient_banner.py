"""Who is on the screen: name, age, sex, number, allergies, weight, problems. Reused by other screens."""

from datetime import date

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtWidgets import QFrame, QSizePolicy

from clinicdesk.domain.patients import Allergy, AllergyStatus, PatientSummary
from ui.widgets.avatar import Avatar
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import IconLabel, label, plain_tip

translate = QCoreApplication.translate
CURRENT = ("active", "recurrence")


def age_words(born: date | None, today: date) -> str:
    """'42 y', '14 mo' under two years, '12 d' under two months; 'age unknown' without a date."""
    if born is None:
        return translate("patient", "age unknown")
    days = (today - born).days
    if days < 61:
        return translate("patient", "{count} d").format(count=max(days, 0))
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 24:
        return translate("patient", "{count} mo").format(count=months)
    return translate("patient", "{count} y").format(count=months // 12)


def sex_word(gender: str) -> str:
    """The word for the seed's gender."""
    words = {
        "male": translate("patient", "Male"),
        "female": translate("patient", "Female"),
        "other": translate("patient", "Other"),
    }
    return words.get(gender, translate("patient", "Sex not given"))


def allergy_words(allergies: tuple[Allergy, ...]) -> str:
    """'Penicillin (anaphylaxis, severe) · Latex'."""
    parts = []
    for one in allergies:
        about = ", ".join(part for part in (one.reaction, one.severity) if part)
        parts.append(f"{one.substance} ({about})" if about else one.substance)
    return " · ".join(parts)


def day_words(day: date) -> str:
    """'24 Nov 2026'."""
    return f"{day.day} {QLocale().monthName(day.month, QLocale.FormatType.ShortFormat)} {day.year}"


class AllergyPanel(QFrame):
    """Red: listed. Amber: never asked. Quiet: none known. Icon and words say it too."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel("circle-question-mark", name=translate("patient", "Allergies"), size=18)
        self._title = label("", "h2")
        self._text = label("", wrap=True)
        row = hbox(self._icon, vbox(self._title, self._text, spacing=0), margins=(12, 6, 12, 6), spacing=10)
        row.setStretch(1, 1)
        self.setLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_allergies(self, status: AllergyStatus, allergies: tuple[Allergy, ...]) -> None:
        if allergies or status is AllergyStatus.LISTED:
            title, kind, icon = translate("patient", "Allergies"), "danger", "shield-alert"
        elif status is AllergyStatus.NONE_KNOWN:
            title, kind, icon = translate("patient", "No known allergies"), "", "shield-check"
        else:
            title, kind = translate("patient", "Allergies not asked"), "warn"
            icon = "circle-question-mark"
        text = allergy_words(allergies)
        if kind == "warn":
            text = translate("patient", "Ask before prescribing.")
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._icon.show_icon(icon, f"on_{kind}_soft" if kind else "ok")
        self.setAccessibleName(f"{title}: {text}" if text else title)
        self.setToolTip(plain_tip(text))
        self.setProperty("kind", kind)
        for part in (self, self._title, self._text):
            part.style().unpolish(part)
            part.style().polish(part)

    def words(self) -> str:
        """What it says, for tests and screen readers."""
        return self.accessibleName()


class PatientBanner(QFrame):
    """One line high at the top of a patient's screen."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._avatar = Avatar("", 40)
        self._name = label("", "title")
        self._who = label("", "muted")
        self._restricted = Tag(translate("patient", "Restricted"), "danger", "lock")
        self._deceased = Tag(translate("patient", "Deceased"), "plain", "info")
        self.allergies = AllergyPanel()
        self._weight = label("", "h2")
        self._weight_on = label("", "small")
        self._problems = label("", "small", wrap=True)
        self._problems.setMaximumHeight(34)
        self._problems.setAlignment(Qt.AlignmentFlag.AlignTop)
        names = hbox(self._name, self._restricted, self._deceased, None, spacing=8)
        person = hbox(self._avatar, vbox(names, self._who, spacing=0), spacing=12)
        problems = vbox(label(translate("patient", "Problems"), "caps"), self._problems, None, spacing=1)
        weight = vbox(
            label(translate("patient", "Weight"), "caps"),
            hbox(self._weight, self._weight_on, None, spacing=6),
            None,
            spacing=1,
        )
        row = hbox(person, self.allergies, weight, problems, margins=(14, 8, 14, 8), spacing=18)
        for column, share in enumerate((3, 4, 0, 3)):
            row.setStretch(column, share)
        self.setLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_patient(self, patient: PatientSummary, today: date) -> None:
        self._avatar.show_name(patient.name)
        self._name.setText(patient.name)
        who = (age_words(patient.date_of_birth, today), sex_word(patient.gender), patient.mrn)
        self._who.setText(" · ".join(who))
        self._restricted.setVisible(patient.restricted)
        self._deceased.setVisible(patient.deceased)
        self.allergies.show_allergies(patient.allergy_status, patient.allergies)
        if patient.weight_kg is None:
            self._weight.setText(translate("patient", "not measured"))
            self._weight_on.clear()
        else:
            self._weight.setText(f"{patient.weight_kg:g} kg")
            self._weight_on.setText(day_words(patient.weight_on) if patient.weight_on else "")
        now = [one for one in patient.problems if one.status in CURRENT]
        text = " · ".join(one.text for one in now) or translate("patient", "none recorded")
        self._problems.setText(text)
        self._problems.setToolTip(plain_tip(text))
        self.setAccessibleName(f"{patient.name}, {', '.join(who)}. {self.allergies.words()}")
