"""Numbers, dates and money as they stand on paper, the same under every system locale."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_GROUPS = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SYMBOLS = {"NGN": "₦"}
_CURRENCY_WORDS = {"NGN": ("naira", "kobo")}

# Base units are the smallest thing dispensed, and whole mL for liquids (spec 0.2, 5.1).
_UNITS = {
    "tablet": ("tablet", "tablets"),
    "capsule": ("capsule", "capsules"),
    "suppository": ("suppository", "suppositories"),
    "pessary": ("pessary", "pessaries"),
    "sachet": ("sachet", "sachets"),
    "vial": ("vial", "vials"),
    "ampoule": ("ampoule", "ampoules"),
    "patch": ("patch", "patches"),
    "inhaler": ("inhaler", "inhalers"),
    "lozenge": ("lozenge", "lozenges"),
    "suspension": ("mL", "mL"),
    "syrup": ("mL", "mL"),
    "elixir": ("mL", "mL"),
    "mixture": ("mL", "mL"),
    "oral liquid": ("mL", "mL"),
    "oral solution": ("mL", "mL"),
}


def number_in_words(number: int) -> str:
    """'one hundred and twenty-one'. Raises ValueError below zero and from a trillion up."""
    if not 0 <= number < 10**12:
        raise ValueError("number out of range")
    parts = []
    for size, name in _GROUPS:
        count, number = divmod(number, size)
        if count:
            parts.append(f"{_below_thousand(count)} {name}")
    if number or not parts:
        joined = "and " if parts and number < 100 else ""
        parts.append(joined + _below_thousand(number))
    return " ".join(parts)


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        tail = f" and {_below_thousand(rest)}" if rest else ""
        return f"{_SMALL[hundreds]} hundred{tail}"
    if rest < 20:
        return _SMALL[rest]
    tens, ones = divmod(rest, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]


def quantity_in_words(number: int, form: str) -> str:
    """'21 (twenty-one) capsules': figures and words, so that neither can be altered alone (spec 4.1)."""
    return f"{number:,} ({number_in_words(number)}) {_unit(number, form)}".strip()


def quantity(number: int, form: str) -> str:
    """'21 capsules', '100 mL'."""
    return f"{number:,} {_unit(number, form)}".strip()


def _unit(number: int, form: str) -> str:
    """A form whose base unit is not certain gets no unit rather than a wrong one."""
    lowered = form.lower()
    one, many = next((both for name, both in _UNITS.items() if name in lowered), ("", ""))
    return one if number == 1 else many


def day(value: date) -> str:
    """'23 Nov 2026'."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """'23 Nov 2026, 14:05' on the clock the value carries."""
    return f"{day(value)}, {value:%H:%M}"


def age(born: date, on: date) -> str:
    """Completed years; months below two years, days below one month (a child's dose depends on it)."""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months >= 24:
        return f"{months // 12} years"
    if months >= 1:
        return f"{months} month{'s' * (months != 1)}"
    days = max(0, (on - born).days)
    return f"{days} day{'s' * (days != 1)}"


def money(amount: Decimal, currency: str) -> str:
    """'₦12,500.00'; a currency without a known sign is named by its code. Rounds half up (spec 5.8)."""
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    sign = "−" if rounded < 0 else ""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{abs(rounded):,.2f}"


def money_in_words(amount: Decimal, currency: str) -> str:
    """'Twelve thousand five hundred naira only'; empty for an amount no receipt can show in words."""
    cents = int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
    if not 0 <= cents < 10**14:
        return ""
    whole, part = divmod(cents, 100)
    unit, fraction = _CURRENCY_WORDS.get(currency, (currency, ""))
    text = f"{number_in_words(whole)} {unit}"
    if part:
        text += f", {number_in_words(part)} {fraction}" if fraction else f" and {part:02d}/100"
    return f"{text[0].upper()}{text[1:]} only"
