"""Every refusal has words; incidents carry no patient data."""

import ast
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QSettings

import clinicdesk
from clinicdesk.domain import errors
from clinicdesk.domain.people import Duty, Role
from clinicdesk.domain.stores import Standing
from clinicdesk.embedded.errors import EmbeddedError
from clinicdesk.migrations.rights import read_rights
from clinicdesk.settings import SettingsError
from ui.failures import Failures, IncidentDialog, describe, incident_number, start_log
from ui.field_rules import FIELD_RULES, field_message
from ui.messages import message_for, role_word, store_words
from ui.preferences import Preferences, PreferencesFile
from ui.who_may import duty_word

SAMPLES: dict[type, tuple[object, ...]] = {
    errors.InvalidField: ("weight", "range", {"min": "0.5", "max": "400"}),
    errors.StoreUnavailable: ("mongo",),
    errors.WrongSchema: ("older",),
    errors.NotAllowed: ("visits.sign",),
    EmbeddedError: ("postgres", "disk_full", "The disk is full: free some space."),
    SettingsError: ("The file cannot be read.",),
}
CORE = Path(clinicdesk.__file__).parent


def kinds(root: type[errors.DomainError] = errors.DomainError) -> list[type[errors.DomainError]]:
    below: list[type[errors.DomainError]] = []
    for each in root.__subclasses__():
        below += [each, *kinds(each)]
    return sorted({each for each in below if each.__module__.startswith("clinicdesk.")}, key=str)


@pytest.mark.parametrize("kind", kinds())
def test_every_refusal_has_a_sentence(kind):
    sentence = message_for(kind(*SAMPLES.get(kind, ())))
    assert sentence.endswith(".")
    assert len(sentence) > 20
    assert kind.__name__ not in sentence


def test_a_refusal_nobody_put_into_words_is_an_error():
    class Unheard(errors.DomainError):
        pass

    with pytest.raises(LookupError):
        message_for(Unheard())


def test_a_taken_slot_names_the_holder_and_free_times_on_the_clinic_s_clock():
    free = [
        errors.FreeSlot(
            uuid4(), datetime(2026, 11, 23, 9, minute, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)
        )
        for minute in (0, 20)
    ]
    said = message_for(errors.SlotTaken("Ada Obi", tuple(free)), ZoneInfo("Africa/Lagos"))
    assert "Ada Obi" in said
    assert "10:00, 10:20" in said


def test_a_missing_right_says_which_and_who_grants_it():
    said = message_for(errors.NotAllowed("visits.sign"))
    assert "sign and amend visits" in said
    assert "one of: Doctor." in said
    assert "administrator" in said
    assert "administrator" in message_for(errors.NotAllowed("no.such.action"))


@pytest.mark.parametrize("rule", sorted(FIELD_RULES))
def test_no_rule_shows_a_brace(rule):
    names = (
        "min",
        "max",
        "unit",
        "example",
        "allowed",
        "low",
        "high",
        "limit",
        "dose",
        "nearest",
        "token",
        "write",
    )
    detail = dict.fromkeys(names, "7")
    for said in (field_message(rule, detail), field_message(rule, {})):
        assert said.endswith(".")
        assert "{" not in said


def rules_of_the_core() -> set[str]:
    """The rule of every InvalidField(...) and refusal(...) call in the core's source."""
    found = set()
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            place = {"InvalidField": 1, "refusal": 0}.get(getattr(node.func, "id", ""))
            if place is not None and isinstance(node.args[place], ast.Constant):
                found.add(str(node.args[place].value))  # type: ignore[attr-defined]
    return found


def test_every_rule_of_the_core_has_its_sentence():
    found = rules_of_the_core()
    assert len(found) > 20
    assert found - set(FIELD_RULES) == set()


def test_an_impossible_weight_is_explained_with_the_likely_slip():
    detail = {"low": "0.5", "high": "400", "unit": "kg", "hint": "decimal_point", "suggestion": "70.0"}
    assert (
        field_message("3.1", detail) == "Must be between 0.5 and 400 kg. A missing point? 70.0 kg would fit."
    )
    assert field_message("3.1", {"high": "45", "unit": "°C"}) == "Must be 45 °C or less."
    assert field_message("dose_twice", {"token": "2"}) == "'2' says this a second time. Keep one."


def test_an_unknown_rule_still_gets_a_sentence():
    assert field_message("no_such_rule") == "Please check this value."


def test_duplicates_are_counted():
    assert "2 patients" in message_for(errors.PossibleDuplicate((UUID(int=1), UUID(int=2))))


def test_stores_and_roles_have_words():
    assert store_words({}) == "All connected"
    assert (
        store_words({"redis": Standing.DOWN, "mongo": Standing.DOWN})
        == "Charts unavailable: document server down · No presence: cache down"
    )
    assert len({role_word(role) for role in Role}) == len(Role)


def test_an_incident_hides_the_text_of_foreign_exceptions():
    def lookup() -> None:
        try:
            raise KeyError("Jane Roe")
        except KeyError as error:
            raise errors.NotFound("id 7") from error

    with pytest.raises(errors.NotFound) as caught:
        lookup()
    text = describe(caught.value)
    assert "Jane Roe" not in text.replace('KeyError("Jane Roe")', "")
    assert "NotFound: id 7" in text
    assert "lookup" in text


def test_incidents_share_one_dialog_and_are_in_the_log(qapp, qtbot, tmp_path):
    folder = start_log(tmp_path / "logs")
    handler = logging.getLogger().handlers[-1]
    failures = Failures(folder)
    try:
        for _ in range(2):
            error = RuntimeError("Jane Roe")
            failures._caught(RuntimeError, error, None)
        qtbot.waitUntil(lambda: failures._dialog is not None)
        dialog = failures._dialog
        assert isinstance(dialog, IncidentDialog)
        written = (folder / "clinicdesk.log").read_text("utf-8")
        assert written.count(" incident ") == 2
        assert "Jane Roe" not in written
        assert all(number in written for number in dialog._numbers)
        dialog._copy()
        assert qapp.clipboard().text() == ", ".join(dialog._numbers)
        dialog.accept()
        assert failures._dialog is None
    finally:
        failures.restore()
        logging.getLogger().removeHandler(handler)
        handler.close()


def test_incident_numbers_are_short_and_differ():
    assert len({incident_number() for _ in range(50)}) > 45
    assert len(incident_number()) == 9


def test_preferences_come_back_and_damage_is_survived(tmp_path):
    settings = QSettings(str(tmp_path / "p.ini"), QSettings.Format.IniFormat)
    wanted = Preferences("dark", "ada@clinic.example", b"\x01\x00geo", {"patients": b"\x00\x02"})
    PreferencesFile(settings).write(wanted)
    again = QSettings(str(tmp_path / "p.ini"), QSettings.Format.IniFormat)
    assert PreferencesFile(again).read() == wanted
    again.setValue("theme", "purple")
    again.setValue("geometry", "text")
    assert PreferencesFile(again).read() == Preferences("system", "ada@clinic.example", b"", wanted.columns)


@pytest.mark.parametrize("right", read_rights(), ids=lambda right: right.action)
def test_every_right_says_what_is_missing_and_who_grants_it(right):
    """Refused by the program, by cd.require_action and at the door of each function: the same sentence."""
    said = message_for(errors.NotAllowed(right.action))
    assert right.what[1:] in said
    for role in Role:
        assert (role_word(role) in said.replace("An administrator", "")) == (role in right.roles)
    for duty in Duty:
        assert (duty_word(duty) in said.split("duty:")[-1]) == (duty in right.duties)
    assert "An administrator can" in said
    assert message_for(errors.NotAllowed("database", f"not one of your rights: {right.action}")) == said
    granted = re.findall(r"cd\.(\w+)\(", " ".join(right.grants))
    for function in granted:
        answer = message_for(errors.NotAllowed("database", f"permission denied for function {function}"))
        assert "An administrator can" in answer
        assert "It needs" in answer


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("needs the duty records", "It needs the duty: Records. An administrator can give it to you."),
        ("not a patient of your clinics", "An administrator of that clinic can add you"),
        ("not a clinic of yours", "An administrator of that clinic can add you"),
        ("not an account of this clinic", "An administrator of that clinic can add you"),
        ("somebody else reviews", "Ask an administrator or the privacy officer"),
        (
            "permission denied for table payments",
            "An administrator of your clinic can change your role or duties",
        ),
        ('new row violates row-level security policy for table "clinics"', "An administrator of your clinic"),
        ("", "An administrator of your clinic can change your role or duties"),
    ],
)
def test_what_the_database_gave_as_its_reason_is_put_into_words(said, words):
    assert words in message_for(errors.NotAllowed("database", said))


def test_the_own_account_is_another_administrator_s():
    assert "another administrator" in message_for(errors.NotAllowed("accounts.own"))
