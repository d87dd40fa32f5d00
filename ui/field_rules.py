"""What is said under a field: rule name -> sentences, the most exact one that the details fill."""

from PySide6.QtCore import QCoreApplication


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:
    """Marks a sentence for the translators' tool, which knows this name; Qt's own is typed as object."""
    return text


GENERAL = QT_TRANSLATE_NOOP("fields", "Please check this value.")


def field_message(rule: str, detail: dict[str, str] | None = None) -> str:
    """The sentence for InvalidField(rule, detail); one for a rule nobody knows is general."""
    known = FIELD_RULES.get(TWICE if rule.endswith(TWICE) else rule, ())
    text = _filled(known, detail or {})
    hint = HINTS.get((detail or {}).get("hint", ""))
    if hint and "suggestion" in (detail or {}):
        text += " " + _filled((hint,), detail or {})
    return text


def _filled(sentences: tuple[str, ...], detail: dict[str, str]) -> str:
    for sentence in (*sentences, GENERAL):
        try:
            return QCoreApplication.translate("fields", sentence).format(**detail)
        except KeyError:
            continue
    return GENERAL


TWICE = "_twice"

# The rules of one meaning keep the names their layers gave them.
FIELD_RULES: dict[str, tuple[str, ...]] = {
    "required": (QT_TRANSLATE_NOOP("fields", "Please fill this in."),),
    "missing": (QT_TRANSLATE_NOOP("fields", "Please fill this in."),),
    "empty": (QT_TRANSLATE_NOOP("fields", "Please fill this in."),),
    "choose": (QT_TRANSLATE_NOOP("fields", "Please choose one."),),
    "choice": (QT_TRANSLATE_NOOP("fields", "Please choose one."),),
    "unknown": (QT_TRANSLATE_NOOP("fields", "This is not one of the choices."),),
    "unknown_code": (QT_TRANSLATE_NOOP("fields", "This is not one of the choices."),),
    "unknown_value": (QT_TRANSLATE_NOOP("fields", "This is not one of the choices."),),
    "unknown_unit": (
        QT_TRANSLATE_NOOP("fields", "This unit is not known here. Use one of: {allowed}."),
        QT_TRANSLATE_NOOP("fields", "This unit is not known here."),
    ),
    "number": (QT_TRANSLATE_NOOP("fields", "Enter a number."),),
    "not_a_measure": (
        QT_TRANSLATE_NOOP("fields", "Enter a number, with its unit if it is not the usual one."),
    ),
    "ambiguous_comma": (QT_TRANSLATE_NOOP("fields", "Write a point for decimals: 1.5, not 1,5."),),
    "whole_number": (QT_TRANSLATE_NOOP("fields", "Enter a whole number."),),
    "positive": (QT_TRANSLATE_NOOP("fields", "Enter a number above zero."),),
    "above_zero": (QT_TRANSLATE_NOOP("fields", "Enter a number above zero."),),
    "not_negative": (QT_TRANSLATE_NOOP("fields", "Enter zero or more."),),
    "range": (
        QT_TRANSLATE_NOOP("fields", "Must be between {min} and {max}."),
        QT_TRANSLATE_NOOP("fields", "This value is outside what is possible."),
    ),
    "3.1": (
        QT_TRANSLATE_NOOP("fields", "Must be between {low} and {high} {unit}."),
        QT_TRANSLATE_NOOP("fields", "Must be between {low} and {high}."),
        QT_TRANSLATE_NOOP("fields", "Must be {low} {unit} or more."),
        QT_TRANSLATE_NOOP("fields", "Must be {high} {unit} or less."),
        QT_TRANSLATE_NOOP("fields", "This value cannot be."),
    ),
    "3.1.4": (QT_TRANSLATE_NOOP("fields", "The lower value must be below the upper one."),),
    "critical": (
        QT_TRANSLATE_NOOP("fields", "This value is critical. Measure again, or confirm that it is right."),
    ),
    "limits_not_loaded": (
        QT_TRANSLATE_NOOP("fields", "The limits of this value are not loaded, so it cannot be checked."),
    ),
    "assessment_or_plan": (QT_TRANSLATE_NOOP("fields", "A visit needs an assessment or a plan."),),
    "too_small": (
        QT_TRANSLATE_NOOP("fields", "Must be {min} or more."),
        QT_TRANSLATE_NOOP("fields", "This is too small."),
    ),
    "too_large": (
        QT_TRANSLATE_NOOP("fields", "Must be {max} or less."),
        QT_TRANSLATE_NOOP("fields", "Must be {limit} or less."),
        QT_TRANSLATE_NOOP("fields", "This is too large."),
    ),
    "too_large_document": (QT_TRANSLATE_NOOP("fields", "This note is too long to be stored. Split it."),),
    "too_long": (
        QT_TRANSLATE_NOOP("fields", "At most {max} characters."),
        QT_TRANSLATE_NOOP("fields", "This is too long."),
    ),
    "too_short": (
        QT_TRANSLATE_NOOP("fields", "At least {min} characters."),
        QT_TRANSLATE_NOOP("fields", "This is too short."),
    ),
    "decimals": (QT_TRANSLATE_NOOP("fields", "At most {max} digits after the point."),),
    "balance": (QT_TRANSLATE_NOOP("fields", "This is more than is owed."),),
    "refund": (QT_TRANSLATE_NOOP("fields", "This is more than can be given back, or not an amount."),),
    "check_digit": (
        QT_TRANSLATE_NOOP("fields", "The check digit does not fit: one digit of this MRN is wrong."),
    ),
    "not_today": (QT_TRANSLATE_NOOP("fields", "No visit of today waits for this patient."),),
    "no_room_today": (
        QT_TRANSLATE_NOOP("fields", "No time is free today. Use the waiting list or overbook with a reason."),
    ),
    "date": (QT_TRANSLATE_NOOP("fields", "Enter a date, such as 23.11.2026."),),
    "time": (QT_TRANSLATE_NOOP("fields", "Enter a time, such as 09:30."),),
    "in_future": (QT_TRANSLATE_NOOP("fields", "This date lies in the future."),),
    "in_past": (QT_TRANSLATE_NOOP("fields", "This date lies in the past."),),
    "too_old": (QT_TRANSLATE_NOOP("fields", "That is more than {max} years ago. Please check the year."),),
    "before": (QT_TRANSLATE_NOOP("fields", "Must not be before {min}."),),
    "after": (QT_TRANSLATE_NOOP("fields", "Must not be after {max}."),),
    "after_start": (QT_TRANSLATE_NOOP("fields", "The end must be after the start."),),
    "link": (QT_TRANSLATE_NOOP("fields", "Enter a link that begins with https://, without spaces."),),
    "room_remote": (QT_TRANSLATE_NOOP("fields", "Only visits in person need a room."),),
    "series_length": (QT_TRANSLATE_NOOP("fields", "Between 2 and {max} visits within twelve months."),),
    "series_none": (QT_TRANSLATE_NOOP("fields", "No date fits this rule."),),
    "both_or_none": (QT_TRANSLATE_NOOP("fields", "Fill in both the start and the end, or neither."),),
    "duration": (QT_TRANSLATE_NOOP("fields", "Between {min} and {max} minutes."),),
    "email": (QT_TRANSLATE_NOOP("fields", "Enter an e-mail address, such as ada@clinic.example."),),
    "phone": (QT_TRANSLATE_NOOP("fields", "Enter a phone number, such as 0803 123 4567."),),
    "format": (
        QT_TRANSLATE_NOOP("fields", "Not in the right form. Example: {example}."),
        QT_TRANSLATE_NOOP("fields", "Not in the right form."),
    ),
    "taken": (QT_TRANSLATE_NOOP("fields", "This is in use already."),),
    "mismatch": (QT_TRANSLATE_NOOP("fields", "The two entries differ."),),
    "password_short": (
        QT_TRANSLATE_NOOP("fields", "Use at least {min} characters. A short sentence is a good password."),
    ),
    "password_common": (QT_TRANSLATE_NOOP("fields", "This password is easy to guess. Choose another."),),
    "password_same": (QT_TRANSLATE_NOOP("fields", "Choose one that you did not use before."),),
    "password_personal": (QT_TRANSLATE_NOOP("fields", "Choose one without your name or e-mail."),),
    "port": (QT_TRANSLATE_NOOP("fields", "A port is a number from 1 to 65535."),),
    "host": (QT_TRANSLATE_NOOP("fields", "Enter a name or an address, such as db.clinic.example."),),
    "file": (QT_TRANSLATE_NOOP("fields", "This file cannot be read."),),
    "file_kind": (QT_TRANSLATE_NOOP("fields", "This kind of file is not kept here. Use one of: {allowed}."),),
    "file_size": (QT_TRANSLATE_NOOP("fields", "The file is larger than {max} MB."),),
    "file_content": (QT_TRANSLATE_NOOP("fields", "What is in the file is no {extension}."),),
    "active_content": (QT_TRANSLATE_NOOP("fields", "The file holds a program and is not taken."),),
    "too_many": (QT_TRANSLATE_NOOP("fields", "There is room for {max}."),),
    "duplicate": (QT_TRANSLATE_NOOP("fields", "This is there already."),),
    "password_wrong": (QT_TRANSLATE_NOOP("fields", "This is not your present password."),),
    "dose_missing": (QT_TRANSLATE_NOOP("fields", "Write a dose, such as 1 or 2.5."),),
    "wrong_unit": (QT_TRANSLATE_NOOP("fields", "This unit does not fit the medicine."),),
    "out_of_range": (QT_TRANSLATE_NOOP("fields", "This number is too small or too large."),),
    "reason": (QT_TRANSLATE_NOOP("fields", "Please give a reason."),),
    "withdrawn": (QT_TRANSLATE_NOOP("fields", "{name} is withdrawn and cannot be used."),),
    "expired": (QT_TRANSLATE_NOOP("fields", "This is past its expiry date."),),
    "more_than_supplied": (QT_TRANSLATE_NOOP("fields", "This is more than was handed out."),),
    "note_row": (
        QT_TRANSLATE_NOOP("fields", "Row {row} of the file cannot be read as a line of a delivery."),
    ),
    "other_person": (QT_TRANSLATE_NOOP("fields", "The witness has to be another person."),),
    "no_such_product": (QT_TRANSLATE_NOOP("fields", "No product has this code. Link it to one first."),),
    "code_check_digit": (
        QT_TRANSLATE_NOOP("fields", "The code's check digit is wrong. Scan again, or type the pack's text."),
    ),
    "gs1": (
        QT_TRANSLATE_NOOP("fields", "The code cannot be read from position {at}. Type the pack's text."),
        QT_TRANSLATE_NOOP("fields", "This is no code of a medicine pack."),
    ),
    "gs1_date": (QT_TRANSLATE_NOOP("fields", "The code names a day that does not exist."),),
    "column": (QT_TRANSLATE_NOOP("fields", "Choose the column for {name}."),),
    "other_expiry": (QT_TRANSLATE_NOOP("fields", "This batch is recorded with another expiry date."),),
    # medicines (spec 4.3, 4.4)
    "no_strength": (
        QT_TRANSLATE_NOOP("fields", "This medicine has no recorded strength: write the dose in units."),
    ),
    "needs_units": (QT_TRANSLATE_NOOP("fields", "Write the dose as a number of units, not in {unit}."),),
    "not_splittable": (
        QT_TRANSLATE_NOOP("fields", "A dose of {dose} would mean to split what cannot be split."),
    ),
    "not_measurable": (
        QT_TRANSLATE_NOOP("fields", "This dose cannot be measured. Nearest: {nearest} {unit}."),
    ),
    "no_such_strength": (
        QT_TRANSLATE_NOOP(
            "fields", "There is no strength '{token}' of this medicine. Choose one of the list."
        ),
        QT_TRANSLATE_NOOP("fields", "There is no such strength of this medicine. Choose one of the list."),
    ),
    "frequency_missing": (QT_TRANSLATE_NOOP("fields", "Write how often, such as twice daily."),),
    "unit_missing": (QT_TRANSLATE_NOOP("fields", "Write the unit of the dose, such as tablet or mL."),),
    "prn_needs_max": (
        QT_TRANSLATE_NOOP("fields", "'When needed' wants a maximum in 24 hours, such as max 4/24h."),
    ),
    "max_without_prn": (QT_TRANSLATE_NOOP("fields", "A maximum belongs to 'when needed' (prn)."),),
    "max_below_dose": (QT_TRANSLATE_NOOP("fields", "The maximum is less than one dose."),),
    "max_range": (QT_TRANSLATE_NOOP("fields", "'{token}' is not a possible maximum."),),
    "as_directed": (
        QT_TRANSLATE_NOOP("fields", "'As directed' is not enough here: write dose, how often, how long."),
    ),
    "eye_abbreviation": (
        QT_TRANSLATE_NOOP("fields", "'{token}' is dangerous for eyes and ears: write left or right."),
    ),
    "forbidden_unit": (
        QT_TRANSLATE_NOOP("fields", "'{token}' is easily misread. Write {write}."),
        QT_TRANSLATE_NOOP("fields", "'{token}' is easily misread. Write the unit in full."),
    ),
    "leading_point": (QT_TRANSLATE_NOOP("fields", "Write a zero before the point: 0.5, not '{token}'."),),
    "trailing_zero": (QT_TRANSLATE_NOOP("fields", "Leave the zero after the point out: 5, not '{token}'."),),
    "dose_range": (QT_TRANSLATE_NOOP("fields", "'{token}' is not a possible dose."),),
    "times_range": (QT_TRANSLATE_NOOP("fields", "'{token}' is not a possible number of times a day."),),
    "interval_range": (QT_TRANSLATE_NOOP("fields", "'{token}' is not a possible interval."),),
    "duration_range": (
        QT_TRANSLATE_NOOP("fields", "'{token}' is too long: at most {limit} days."),
        QT_TRANSLATE_NOOP("fields", "'{token}' is not a possible duration."),
    ),
    "range_backwards": (
        QT_TRANSLATE_NOOP("fields", "'{token}' runs backwards: write the smaller number first."),
    ),
    "unknown_word": (QT_TRANSLATE_NOOP("fields", "'{token}' is not understood. Write it in full."),),
    "taper_step": (
        QT_TRANSLATE_NOOP("fields", "Each step needs a dose, how often a day and how many days."),
    ),
    "taper_units": (QT_TRANSLATE_NOOP("fields", "All steps are counted in the same unit."),),
    "taper_long": (QT_TRANSLATE_NOOP("fields", "At most {limit} steps."),),
    "weekdays_with_other": (QT_TRANSLATE_NOOP("fields", "Named weekdays do not go with another frequency."),),
    "weekly_needs_day": (QT_TRANSLATE_NOOP("fields", "Name the day of the week, such as 'on Mondays'."),),
    "write_alternate_days": (
        QT_TRANSLATE_NOOP("fields", "'{token}' is misread as daily: write 'on alternate days'."),
    ),
    TWICE: (
        QT_TRANSLATE_NOOP("fields", "'{token}' says this a second time. Keep one."),
        QT_TRANSLATE_NOOP("fields", "This is said twice. Keep one."),
    ),
}

# likely slips of a measured value (spec 3.2)
HINTS: dict[str, str] = {
    "fahrenheit": QT_TRANSLATE_NOOP("fields", "In °F? That is {suggestion} °C."),
    "metres": QT_TRANSLATE_NOOP("fields", "In metres? That is {suggestion} cm."),
    "millimetres": QT_TRANSLATE_NOOP("fields", "In millimetres? That is {suggestion} cm."),
    "grams": QT_TRANSLATE_NOOP("fields", "In grams? That is {suggestion} kg."),
    "decimal_point": QT_TRANSLATE_NOOP("fields", "A missing point? {suggestion} kg would fit."),
    "pounds": QT_TRANSLATE_NOOP("fields", "In pounds? That is {suggestion} kg."),
}
