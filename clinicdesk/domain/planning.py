"""How much to order, what is worth watching, what the stock is worth (spec 5.7, 5.8). Decimal throughout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

DAYS_A_MONTH = Decimal("30.5")
PERIOD_MONTHS = 6
LEAST_MONTHS = 3
PRICE_STEP = Decimal(5)
_CENT, _FOUR = Decimal("0.01"), Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Issues of one product over ``months``: sales and donations out, never waste or corrections."""

    issued: int
    months: Decimal
    days_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Base units; ``minimum`` and ``maximum`` set by hand override the computed ones."""

    minimum: int
    maximum: int
    safety: int
    computed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one batch holds and when it ends."""

    on_hand: int
    expiry: date | None


def monthly_consumption(usage: Usage) -> Decimal | None:
    """AMC; None when it was out of stock the whole period, or nothing is known of it."""
    in_stock = usage.months - usage.days_out / DAYS_A_MONTH
    if in_stock <= 0 or usage.months <= 0:
        return None
    return (usage.issued / in_stock).quantize(_FOUR)


def levels(
    amc: Decimal | None, *, lead_days: int, interval_months: Decimal, minimum: int, maximum: int | None
) -> Levels:
    """Safety stock is one lead time's use; the minimum covers lead time and safety (spec 5.7)."""
    lead = Decimal(lead_days) / DAYS_A_MONTH
    used = amc or Decimal(0)
    safety = _up(used * lead)
    low = minimum if minimum > 0 else _up(used * lead * 2)
    high = maximum if maximum else low + _up(used * interval_months)
    return Levels(minimum=low, maximum=max(high, low), safety=safety, computed=minimum <= 0)


def usable(held: Iterable[Held], amc: Decimal | None, today: date) -> int:
    """What can still be used up before it ends, batch by batch in order of expiry (spec 5.7)."""
    total = Decimal(0)
    for batch in sorted(held, key=lambda one: one.expiry or date.max):
        if batch.expiry is not None and batch.expiry < today:
            continue
        amount = Decimal(batch.on_hand)
        if amc is not None and batch.expiry is not None:
            months = Decimal((batch.expiry - today).days) / DAYS_A_MONTH
            amount = min(amount, max(Decimal(0), amc * months - total))
        total += amount
    return int(total)


def to_order(level: Levels, *, usable_now: int, on_order: int, back_orders: int = 0, pack: int = 1) -> int:
    """Up to the maximum, in whole packs; nothing while the minimum is covered."""
    if usable_now + on_order > level.minimum:
        return 0
    wanted = max(0, level.maximum - (usable_now + on_order) + back_orders)
    return -(-wanted // pack) * pack


def classes(
    values: Mapping[str, Decimal], *, a: Decimal = Decimal(70), b: Decimal = Decimal(90)
) -> dict[str, str]:
    """ABC by yearly value; the item that crosses a border belongs to the higher class (spec 5.7)."""
    total = sum(values.values(), Decimal(0))
    found: dict[str, str] = {}
    before = Decimal(0)
    for code in sorted(values, key=lambda one: (-values[one], one)):
        share = before * 100 / total if total else Decimal(100)
        found[code] = "A" if share < a else "B" if share < b else "C"
        before += values[code]
    return found


def category(abc: str, ved: str) -> str:
    """I: all A and all V; II: B or C essential, B desirable; III: C desirable (spec 5.7)."""
    if abc == "A" or ved == "V":
        return "I"
    return "III" if abc == "C" and ved == "D" else "II"


def moving_average(lines: Sequence[tuple[int, Decimal | None]]) -> tuple[int, Decimal]:
    """Quantity and average cost, 4 decimals, after lines of (signed quantity, cost or None) (spec 5.8)."""
    quantity, average = 0, Decimal(0)
    for change, cost in lines:
        if change > 0 and cost is not None:
            held = max(quantity, 0)
            average = (held * average + change * cost) / (held + change)
        quantity += change
    return quantity, average.quantize(_FOUR, ROUND_HALF_UP)


def selling_price(cost: Decimal, *, markup_percent: Decimal, step: Decimal = PRICE_STEP) -> Decimal:
    """Cost and mark-up, rounded up to the clinic's step (spec 5.8)."""
    price = cost * (1 + markup_percent / 100)
    stepped = (price / step).to_integral_value(rounding=ROUND_CEILING) * step if step > 0 else price
    return stepped.quantize(_CENT, ROUND_HALF_UP)


def _up(amount: Decimal) -> int:
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
