"""What the fields of the clinic screen are called, and what the person needs to know about them."""

from PySide6.QtCore import QCoreApplication, QLocale

translate = QCoreApplication.translate


def field_words(field: str, record: str = "") -> tuple[str, str]:
    """Name and hint of a field. Raises LookupError for one that nobody has put into words."""
    known = {**_times(), **_doctor(), **_place(), **_settings()}
    special = _special().get((record, field))
    if special:
        return special
    if field in WEEKDAYS:
        hint = (
            translate("clinic", "08:00-12:30, 14:00-18:00; empty: closed (all days empty: no limit)")
            if field == "monday"
            else ""
        )
        name = translate("clinic", "Open on {0}").format(QLocale().dayName(WEEKDAYS.index(field) + 1))
        return name, hint
    return known[field]


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _special() -> dict[tuple[str, str], tuple[str, str]]:
    return {
        ("doctor", "license_number"): (translate("clinic", "Licence number"), ""),
        ("leave", "start_time"): (
            translate("clinic", "From (first day)"),
            translate("clinic", "Empty: the whole day"),
        ),
        ("leave", "end_time"): (
            translate("clinic", "Until (last day)"),
            translate("clinic", "Empty: the whole day"),
        ),
        ("clinic", "name"): (translate("clinic", "Name of the clinic"), ""),
        ("type", "is_online_available"): (translate("clinic", "May be a video visit"), ""),
    }


def _times() -> dict[str, tuple[str, str]]:
    day = translate("clinic", "12 dec, fri, 3.1.2027, +2w")
    clock = translate("clinic", "such as 09:30")
    return {
        "day_of_week": (translate("clinic", "Day of the week"), ""),
        "day": (translate("clinic", "Day"), day),
        "first_day": (translate("clinic", "First day"), day),
        "last_day": (translate("clinic", "Last day"), ""),
        "start_time": (translate("clinic", "From"), clock),
        "end_time": (translate("clinic", "Until"), ""),
        "break_start_time": (translate("clinic", "Break from"), translate("clinic", "Empty: no break")),
        "break_end_time": (translate("clinic", "Break until"), ""),
        "valid_from": (translate("clinic", "Holds from"), translate("clinic", "Empty: always")),
        "valid_to": (translate("clinic", "Holds until"), ""),
        "note": (translate("clinic", "Note"), ""),
        "duration": (translate("clinic", "Minutes"), ""),
        "buffer_before": (translate("clinic", "Minutes before"), translate("clinic", "Kept free")),
        "buffer_after": (translate("clinic", "Minutes after"), translate("clinic", "Kept free")),
        "grace_minutes": (
            translate("clinic", "Minutes of grace"),
            translate("clinic", "Late until then is on time; a no-show only after it"),
        ),
        "price": (translate("clinic", "Price"), translate("clinic", "Empty: the doctor's fee")),
        "is_active": (translate("clinic", "In use"), ""),
        "category": (translate("clinic", "Category"), ""),
        "description": (translate("clinic", "Description"), ""),
    }


def _doctor() -> dict[str, tuple[str, str]]:
    return {
        "medical_degree": (translate("clinic", "Degree"), ""),
        "years_of_experience": (translate("clinic", "Years of experience"), ""),
        "consultation_fee": (
            translate("clinic", "Fee"),
            translate("clinic", "Where the type has no price"),
        ),
        "consultation_duration": (
            translate("clinic", "Minutes of a visit"),
            translate("clinic", "Where no type is chosen"),
        ),
        "max_overbook": (
            translate("clinic", "Overbookings a day, at most"),
            translate("clinic", "0 to 3"),
        ),
        "specialties": (translate("clinic", "Specialties"), ""),
        "is_available_online": (translate("clinic", "Sees patients by video"), ""),
        "is_verified": (translate("clinic", "Licence is verified"), ""),
    }


def _place() -> dict[str, tuple[str, str]]:
    return {
        "name": (translate("clinic", "Name"), ""),
        "license_number": (translate("clinic", "Licence number"), translate("clinic", "On prescriptions")),
        "street": (translate("clinic", "Street and number"), ""),
        "area": (translate("clinic", "Area"), ""),
        "city": (translate("clinic", "Town"), ""),
        "state": (translate("clinic", "State"), ""),
        "phone": (translate("clinic", "Phone"), ""),
        "email": (translate("clinic", "E-mail"), ""),
        "website": (translate("clinic", "Website"), ""),
        "latitude": (
            translate("clinic", "Latitude"),
            translate("clinic", "such as 6.4541, north is above 0"),
        ),
        "longitude": (
            translate("clinic", "Longitude"),
            translate("clinic", "such as 3.3947, east is above 0"),
        ),
        "services": (translate("clinic", "Services, one a line"), ""),
        "timezone": (translate("clinic", "Time zone"), ""),
    }


def _settings() -> dict[str, tuple[str, str]]:
    return {
        "idle_lock_minutes": (
            translate("clinic", "Minutes without a key until a seat locks"),
            translate("clinic", "Typed text is kept; the password or a PIN unlocks."),
        ),
        "care_relation_required": (
            translate("clinic", "A chart asks for a reason when the patient has no appointment near today"),
            translate("clinic", "Off: every doctor and nurse of the clinic opens every chart; it is logged."),
        ),
        "expiry_covers_treatment": (
            translate("clinic", "A batch must last until the last dose to be dispensed"),
            translate("clinic", "Off: it must only be in date on the day it is handed out."),
        ),
        "stocktake_reason_value": (
            translate("clinic", "Value of a difference from which a count needs a reason"),
            translate("clinic", "In the clinic's currency; 0: every difference."),
        ),
        "stock_two_person_value": (
            translate("clinic", "Value from which a correction of stock needs a second person"),
            translate("clinic", "In the clinic's currency; controlled medicines always need one."),
        ),
        "stock_markup_percent": (
            translate("clinic", "Mark-up on the cost of received goods, in percent"),
            translate("clinic", "A product's own mark-up counts first; 0: prices stay as they are."),
        ),
    }


def zone_warning() -> str:
    """What another time zone means."""
    return translate(
        "clinic",
        "Another time zone: booked visits keep their clock time (09:00 stays 09:00), and 'today' and 'too "
        "late' follow the new clock. Past records keep their instants. Everybody signs in again to see it. "
        "Save once more to change it.",
    )


def sealing_words() -> str:
    """What sealing means, and who carries it out."""
    return translate(
        "clinic",
        "Sealed: notes, findings and files are encrypted with a key for each patient, which the database "
        "hands out only after the opening is logged. Whoever reads the document server past the program sees "
        "no chart. The price: such documents cannot be searched on that server, and without the database's "
        "keys nobody reads them. New documents follow the choice at once; those that are there are converted "
        "by the job 'clinicdesk sealing run' on the machine that runs the jobs. Meanwhile both forms are "
        "readable here.",
    )
