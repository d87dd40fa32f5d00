"""Loads the formulary and the content of the demo clinic; every reference between the files is checked."""

import re
import tomllib
from collections.abc import Collection
from datetime import date, time
from pathlib import Path

from clinicdesk.demo.content_types import (
    AllergyKind,
    ChronicProblem,
    ClinicDetails,
    DemoContent,
    DoctorDetails,
    Hours,
    Leave,
    NotificationTemplate,
    Room,
    RxLine,
    Scenario,
    StaffMember,
    Supplier,
    VitalsBaseline,
    VitalsTendency,
)
from clinicdesk.domain.people import Role
from clinicdesk.domain.visits import VISIT_TYPES
from clinicdesk.formulary import (
    ATC,
    ContentError,
    Row,
    above_zero,
    convert_one,
    convert_rows,
    load_appointment_types,
    load_formulary,
    load_specialties,
    read_rows,
    require,
    split_list,
    table,
    yes,
)
from clinicdesk.resources import resource

__all__ = ["ATC", "ContentError", "load_content", "load_formulary", "read_rows"]

ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,2})?")  # spec 3.7
TEMPLATE_VARIABLES = frozenset(  # spec 6.4, the closed list
    ["first_name", "clinic_name", "clinic_phone", "date", "time", "tz_abbrev", "doctor_name", "location"]
) | frozenset(["confirm_link", "cancel_link", "amount", "currency", "reference", "item_count"])
NOTE_VARIABLES = frozenset(["days", "temperature", "systolic", "diastolic", "weight"])
SEXES = ("any", "female", "male")
_VARIABLE = re.compile(r"\{(\w*)\}")


def load_content(folder: Path | None = None) -> DemoContent:
    """Everything of the demo clinic. Raises ContentError, also for a reference into nothing."""
    top = folder or resource("demo")
    clinic = _toml(top / "clinic.toml")
    content = DemoContent(
        formulary=load_formulary(),
        clinic=convert_one(top / "clinic.toml", clinic["clinic"], _clinic),
        staff=convert_rows(top / "clinic.toml", clinic["staff"], _staff, unique=lambda person: person.email),
        specialties=load_specialties(top),
        appointment_types=load_appointment_types(top),
        rooms=table(top / "rooms.csv", lambda row: Room(**row)),
        scenarios=convert_rows(
            top / "scenarios.toml",
            _toml(top / "scenarios.toml")["scenario"],
            _scenario,
            unique=lambda scenario: scenario.code,
        ),
        chronic_problems=_chronic(top / "chronic_problems.csv"),
        allergies=table(top / "allergies.csv", _allergy),
        suppliers=table(top / "suppliers.csv", _supplier),
        templates=table(top / "notification_templates.csv", _template),
        holidays=table(
            top / "public_holidays.csv", lambda row: (date.fromisoformat(row["date"]), row["name"])
        ),
        baselines=table(
            top / "vitals_baseline.csv",
            lambda row: VitalsBaseline(
                min_age_days=int(row["min_age_days"]),
                max_age_days=int(row["max_age_days"]),
                **{key: float(value) for key, value in row.items() if not key.endswith("_days")},
            ),
        ),
    )
    _check_references(content)
    return content


def _toml(path: Path) -> Row:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ContentError(path.name, "", "cannot be read") from error


def _icd10(text: str) -> str:
    require(ICD10.fullmatch(text), f"{text!r} is no ICD-10 code")
    return text


def _known(value: str, allowed: Collection[str]) -> str:
    require(value in allowed, f"{value!r} is not one of {', '.join(sorted(allowed))}")
    return value


def _clinic(row: Row) -> ClinicDetails:
    hours = {day: (opens, closes) for day, (opens, closes) in row["operating_hours"].items()}
    for opens, closes in hours.values():
        require(time.fromisoformat(opens) < time.fromisoformat(closes), "opening hours are reversed")
    return ClinicDetails(**{**row, "services": tuple(row["services"]), "operating_hours": hours})


def _staff(row: Row) -> StaffMember:
    role = Role(row["role"])
    require((role is Role.DOCTOR) == ("doctor" in row), "doctor details belong to doctors")
    require(row["email"].endswith("@demo.clinic.invalid"), "the e-mail address could be somebody's")
    return StaffMember(
        role=role,
        first_name=row["first_name"],
        last_name=row["last_name"],
        gender=_known(row["gender"], SEXES[1:]),
        email=row["email"],
        phone=row["phone"],
        doctor=_doctor(row["doctor"]) if "doctor" in row else None,
    )


def _doctor(row: Row) -> DoctorDetails:
    hours = [_hours(day, window) for window in row["availability"] for day in window["days"]]
    return DoctorDetails(
        license_number=row["license_number"],
        degree=row["degree"],
        specialties=tuple(row["specialties"]),
        years_of_experience=row["years_of_experience"],
        fee=above_zero(row["consultation_fee"]),
        duration=row["consultation_duration"],
        max_overbook=row["max_overbook"],
        bio=row["bio"],
        room=row["room"],
        hours=tuple(sorted(hours, key=lambda window: (window.day, window.start))),
        leave=tuple(Leave(**leave) for leave in row["leave"]),
    )


def _hours(day: int, window: Row) -> Hours:
    start, end = time.fromisoformat(window["start"]), time.fromisoformat(window["end"])
    pause = [time.fromisoformat(window[key]) for key in ("break_start", "break_end") if key in window]
    require(0 <= day <= 6 and start < end, "working hours are reversed or on no weekday")
    require(not pause or (len(pause) == 2 and start < pause[0] < pause[1] < end), "the break is not inside")
    opens, closes = pause or (None, None)
    return Hours(day=day, start=start, end=end, break_start=opens, break_end=closes)


def _line(row: Row) -> RxLine:
    require(int(row["quantity"]) > 0, "quantity is not above zero")
    texts = {key: row[key] for key in ("medicine", "strength", "form", "sig")}
    return RxLine(**texts, quantity=int(row["quantity"]))


def _scenario(row: Row) -> Scenario:
    _icd10(row["icd10"])
    _known(row["sex"], SEXES)
    _known(row["visit_type"], VISIT_TYPES)
    require(0 <= row["min_age_days"] < row["max_age_days"] and row["weight"] > 0, "ages or weight are wrong")
    require(row["complaints"], "there is no complaint")
    texts = (*row["complaints"], row["history"], row["examination"], row["assessment"], row["plan"])
    for name in _VARIABLE.findall(" ".join((*texts, row["follow_up"]))):
        _known(name, NOTE_VARIABLES)
    return Scenario(
        **{
            **row,
            "complaints": tuple(row["complaints"]),
            "vitals": VitalsTendency(**row["vitals"]),
            "lines": tuple(_line(line) for line in row.get("lines", ())),
        }
    )


def _chronic(path: Path) -> tuple[ChronicProblem, ...]:
    grouped: dict[str, list[Row]] = {}
    for row in read_rows(path):
        grouped.setdefault(row["icd10"], []).append(row)
    return tuple(convert_one(path, {"rows": group}, _problem, place=code) for code, group in grouped.items())


def _problem(found: Row) -> ChronicProblem:
    first = found["rows"][0]
    return ChronicProblem(
        icd10=_icd10(first["icd10"]),
        problem=first["problem"],
        sex=_known(first["sex"], SEXES),
        min_age=int(first["min_age"]),
        max_age=int(first["max_age"]),
        per_thousand=int(above_zero(first["per_thousand"])),
        scenario=first["scenario"],
        lines=tuple(_line(row) for row in found["rows"] if row["medicine"]),
    )


def _allergy(row: Row) -> AllergyKind:
    require(row["substance"] or row["allergy_class"], "neither substance nor class is given")
    _known(row["kind"], ("allergy", "intolerance"))
    _known(row["severity"], ("mild", "moderate", "severe"))
    _known(row["criticality"], ("low", "high", "unable-to-assess"))
    return AllergyKind(**{**row, "per_thousand": int(above_zero(row["per_thousand"]))})


def _supplier(row: Row) -> Supplier:
    lead_time = int(above_zero(row["lead_time_days"]))
    return Supplier(**{**row, "lead_time_days": lead_time, "cold_chain": yes(row["cold_chain"])})


def _template(row: Row) -> NotificationTemplate:
    used = frozenset(_VARIABLE.findall(f"{row['subject']} {row['content']}"))
    require(used <= TEMPLATE_VARIABLES, f"variables outside the closed list: {sorted(used)}")
    require(used == frozenset(split_list(row["variables"])), "listed and used variables differ")
    require(row["type"] != "sms" or "doctor_name" not in used, "an SMS names the doctor")  # spec 6.4
    return NotificationTemplate(
        **{
            **row,
            "content": row["content"].replace("\r\n", "\n"),
            "type": _known(row["type"], ("email", "sms", "push", "in_app")),
            "variables": split_list(row["variables"]),
            "version": int(row["version"]),
        }
    )


def _check_references(content: DemoContent) -> None:
    products = {(m.name, p.strength, p.form) for m in content.formulary for p in m.products}
    specialties = {specialty.name for specialty in content.specialties}
    types = {kind.name for kind in content.appointment_types}
    codes = {scenario.code for scenario in content.scenarios}
    lines = [(s.code, line) for s in content.scenarios for line in s.lines]
    lines += [(problem.icd10, line) for problem in content.chronic_problems for line in problem.lines]
    doctors = [person.doctor for person in content.staff if person.doctor is not None]
    wanted: list[tuple[str, str, bool]] = [
        *((place, ln.medicine, (ln.medicine, ln.strength, ln.form) in products) for place, ln in lines),
        *((s.code, s.specialty, s.specialty in specialties) for s in content.scenarios),
        *((s.code, s.appointment_type, s.appointment_type in types) for s in content.scenarios),
        *((p.icd10, p.scenario, p.scenario in codes | {""}) for p in content.chronic_problems),
        *((k.name, k.specialty, k.specialty in specialties | {""}) for k in content.appointment_types),
        *((d.license_number, d.room, d.room in {room.name for room in content.rooms}) for d in doctors),
        *((d.license_number, name, name in specialties) for d in doctors for name in d.specialties),
    ]
    for place, name, found in wanted:
        if not found:
            raise ContentError("demo", place, f"{name!r} does not exist")
