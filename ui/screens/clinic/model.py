"""Words and rows of the clinic screen."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from clinicdesk.domain.administration import Collision, Record, Value, shown
from ui.widgets.lines import Cell

translate = QCoreApplication.translate
WEEK = (1, 2, 3, 4, 5, 6, 0)  # Monday first; the numbers are the database's, 0 is Sunday


def part_words() -> dict[str, str]:
    """Part of the screen -> its name."""
    return {
        "setting": translate("clinic", "Settings"),
        "clinic": translate("clinic", "Clinic data"),
        "doctor": translate("clinic", "Doctors"),
        "holiday": translate("clinic", "Holidays"),
        "type": translate("clinic", "Appointment types"),
        "room": translate("clinic", "Rooms"),
        "specialty": translate("clinic", "Specialties"),
    }


def doctor_parts() -> dict[str, str]:
    """What is set up of one doctor."""
    return {
        "doctor": translate("clinic", "Profile"),
        "hours": translate("clinic", "Weekly hours"),
        "session": translate("clinic", "Extra sessions"),
        "leave": translate("clinic", "Leave"),
    }


def new_words() -> dict[str, str]:
    """Kind of record -> the title of an empty form."""
    return {
        "hours": translate("clinic", "New weekly hours"),
        "session": translate("clinic", "New extra session"),
        "leave": translate("clinic", "New leave"),
        "holiday": translate("clinic", "New holiday"),
        "type": translate("clinic", "New appointment type"),
        "room": translate("clinic", "New room"),
        "specialty": translate("clinic", "New specialty"),
    }


def list_words() -> dict[str, str]:
    """Kind of record -> what its list is called."""
    return {**part_words(), **doctor_parts()}


def heads(record: str) -> list[str]:
    """The columns of a list."""
    day, use = translate("clinic", "Day"), translate("clinic", "State")
    return {
        "hours": [
            day,
            translate("clinic", "Works"),
            translate("clinic", "Break"),
            translate("clinic", "Holds"),
        ],
        "session": [day, translate("clinic", "Time")],
        "leave": [translate("clinic", "Days"), translate("clinic", "Note"), use],
        "holiday": [day, translate("clinic", "Name")],
        "type": [
            translate("clinic", "Name"),
            translate("clinic", "Minutes"),
            translate("clinic", "Before / after"),
            translate("clinic", "Price"),
            use,
        ],
        "room": [translate("clinic", "Name"), use],
        "specialty": [translate("clinic", "Name"), translate("clinic", "Category"), use],
    }[record]


WIDTHS: dict[str, tuple[int, ...]] = {
    "hours": (130, 120, 120, 0),
    "session": (0, 160),
    "leave": (260, 0, 150),
    "holiday": (220, 0),
    "type": (0, 80, 120, 120, 120),
    "room": (0, 130),
    "specialty": (0, 180, 130),
}


def cells(record: str, row: Record) -> Sequence[Cell]:
    """A row of a list in words."""
    v = row.values
    match record:
        case "hours":
            holds = _span(day_words(v["valid_from"]), day_words(v["valid_to"]))
            return (
                weekday_word(v["day_of_week"]),
                _span(shown(v["start_time"]), shown(v["end_time"])),
                _span(shown(v["break_start_time"]), shown(v["break_end_time"])) or "–",
                holds or translate("clinic", "always"),
            )
        case "session":
            return day_words(v["day"]), _span(shown(v["start_time"]), shown(v["end_time"]))
        case "leave":
            return _leave_days(row), str(v["note"] or ""), _leave_state(row.state)
        case "holiday":
            return day_words(v["day"]), str(v["name"])
        case "type":
            return (
                str(v["name"]),
                str(v["duration"]),
                f"{v['buffer_before'] or 0} / {v['buffer_after'] or 0}",
                money(v["price"]),
                use_tag(active=row.active),
            )
        case "room":
            return str(v["name"]), use_tag(active=row.active)
    return str(v["name"]), str(v["category"] or ""), use_tag(active=row.active)


def use_tag(*, active: bool) -> Cell:
    """Whether something is offered still."""
    if active:
        return translate("clinic", "In use"), "ok", "circle-check"
    return translate("clinic", "Not in use"), "plain", "ban"


def collision_words(found: Sequence[Collision], *, most: int = 8) -> str:
    """Visits that lie in a leave, one a line."""
    head = translate("clinic", "Visits in this leave: {0}. They stay booked; move or cancel them:").format(
        len(found)
    )
    lines = [
        f"{day_words(one.day)} {one.start:%H:%M}  {one.patient}  {one.phone}".rstrip() for one in found[:most]
    ]
    if len(found) > most:
        lines.append(translate("clinic", "and {0} more").format(len(found) - most))
    return "\n".join((head, *lines))


def day_words(day: Value) -> str:
    """'Mon 23 Nov 2026'; '' for none."""
    if not isinstance(day, date):
        return ""
    return QLocale().toString(QDate(day.year, day.month, day.day), "ddd d MMM yyyy")


def weekday_word(number: Value) -> str:
    """0 is Sunday."""
    return QLocale().dayName(7 if number == 0 else int(str(number)))


def money(amount: Value) -> str:
    """'5,000.00', or a dash."""
    return f"{amount:,.2f}" if isinstance(amount, Decimal) else "–"


def _span(first: str, last: str) -> str:
    return f"{first} – {last}".strip() if first or last else ""


def _leave_days(row: Record) -> str:
    v = row.values
    first, last = day_words(v["first_day"]), day_words(v["last_day"])
    days = first if first == last else f"{first} – {last}"
    clock = [shown(v[name]) for name in ("start_time", "end_time") if isinstance(v[name], time)]
    return f"{days}\n{' – '.join(clock)}" if clock else days


def _leave_state(state: str) -> Cell:
    return {
        "requested": (translate("clinic", "Requested"), "warn", "hourglass"),
        "approved": (translate("clinic", "Approved"), "ok", "circle-check"),
        "approved_with_conflicts": (translate("clinic", "Visits to move"), "warn", "triangle-alert"),
    }.get(state, (translate("clinic", "Rejected"), "plain", "ban"))
