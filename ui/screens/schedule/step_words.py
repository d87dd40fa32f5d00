"""Words for steps that can be taken back, and for what another seat changed."""

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.bookings import Done
from ui.screens.schedule.words import short_day
from ui.widgets.tag import phase_word

translate = QCoreApplication.translate


def step_words(done: Done) -> str:
    """'Moved: Ada Obi, 10:00' or 'Moved: 4 visits'."""
    words = {
        "book": translate("step", "Booked"),
        "move": translate("step", "Moved"),
        "cancel": translate("step", "Cancelled"),
        "swap": translate("step", "Changed places"),
        "series": translate("step", "Series"),
        "doctor_out": translate("step", "Doctor is out"),
    }[done.kind]
    if len(done.changes) == 1:
        one = done.changes[0].after
        return f"{words}: {one.patient_name}, {one.start:%H:%M}"
    return translate("step", "{0}: {1} visits").format(words, len(done.changes))


def difference_words(seen: Appointment, newest: Appointment, who: str) -> str:
    """'Tunde Bello changed it meanwhile: start 10:00 → 10:15.' What was typed stays."""
    pairs = [
        (translate("differs", "day"), short_day(seen.day), short_day(newest.day)),
        (translate("differs", "start"), f"{seen.start:%H:%M}", f"{newest.start:%H:%M}"),
        (translate("differs", "end"), f"{seen.end:%H:%M}", f"{newest.end:%H:%M}"),
        (translate("differs", "doctor"), seen.doctor_name, newest.doctor_name),
        (translate("differs", "kind"), seen.type_name, newest.type_name),
        (translate("differs", "status"), phase_word(seen.phase), phase_word(newest.phase)),
        (
            translate("differs", "visit"),
            kind_words()[seen.consultation_type],
            kind_words()[newest.consultation_type],
        ),
        (translate("differs", "reason"), seen.chief_complaint or "–", newest.chief_complaint or "–"),
    ]
    found = "; ".join(f"{name} {old} → {new}" for name, old, new in pairs if old != new)
    found = found or translate("differs", "room or link")
    if not who:
        return translate("differs", "Changed meanwhile: {0}.").format(found)
    return translate("differs", "Changed meanwhile (last step by {0}): {1}.").format(who, found)


def kind_words() -> dict[str, str]:
    """Kinds of consultation."""
    return {
        "in_person": translate("visit", "In person"),
        "video_call": translate("visit", "Video call"),
        "phone_call": translate("visit", "Phone call"),
        "chat": translate("visit", "Chat"),
    }


def source_words() -> dict[str, str]:
    """How somebody asked."""
    return {
        "desk": translate("source", "At the desk"),
        "phone": translate("source", "By phone"),
        "walk_in": translate("source", "Walk-in"),
        "message": translate("source", "By message"),
        "email": translate("source", "By e-mail"),
        "doctor": translate("source", "Doctor asked"),
    }


def part_words() -> dict[str, str]:
    """Parts of a day."""
    return {
        "any": translate("part", "Whole day"),
        "morning": translate("part", "Morning"),
        "afternoon": translate("part", "Afternoon"),
    }
