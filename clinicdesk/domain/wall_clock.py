"""The clinic's wall clock against instants (spec 1.6): minutes from midnight, gaps and overlaps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = 24 * 60


def minutes(clock: time) -> int:
    """Minutes from midnight, seconds dropped."""
    return clock.hour * 60 + clock.minute


def clock(minute: int) -> time:
    """The time of day at ``minute`` (0..1439); 1440 is midnight again."""
    return time(minute % DAY // 60, minute % 60)


def hhmm(minute: int) -> str:
    """'09:05' for 545; 1440 stays '24:00', the end of a day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def instant(day: date, minute: int, *, zone: ZoneInfo, second: bool = False) -> datetime:
    """The UTC instant of a wall time. Spec 1.6.4: in a gap the first valid instant after it; of a time that
    exists twice the first, or the second one when asked."""
    naive = datetime.combine(day + timedelta(days=minute // DAY), clock(minute))
    first = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    other = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if other < first:
        return _transition(other, first, zone)
    return other if second else first


def _transition(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset changes between two UTC instants."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def exists(day: date, minute: int, *, zone: ZoneInfo) -> bool:
    """Whether the wall time is shown by the clock at all (spec 1.6.4)."""
    local = instant(day, minute, zone=zone).astimezone(zone)
    return local.date() == day + timedelta(days=minute // DAY) and minutes(local.time()) == minute % DAY


def wall(moment: datetime, zone: ZoneInfo) -> tuple[date, int]:
    """The clinic's date and minute from midnight at an aware instant."""
    local = moment.astimezone(zone)
    return local.date(), minutes(local.time())


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants of a local day, half-open; it may last 23 or 25 hours (spec 1.6.5)."""
    return instant(day, 0, zone=zone), instant(day, DAY, zone=zone)


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """'09:20', or '01:30 (UTC+02:00)' when that wall time exists twice (spec 1.5.7)."""
    local = moment.astimezone(zone)
    text = f"{local:%H:%M}"
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return text
    offset = local.utcoffset() or timedelta()
    sign, total = ("-", -offset) if offset < timedelta() else ("+", offset)
    return f"{text} (UTC{sign}{hhmm(int(total.total_seconds()) // 60)})"
