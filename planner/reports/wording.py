"""Figures as people read them: dollars, bytes, latencies, rates. Unknown (None) is a dash, never a zero."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from planner.pricing.money import cents, plain

UNKNOWN = "–"
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


@dataclass(frozen=True, slots=True)
class Scale:
    """One unit for a whole axis or column: a value is `raw / divisor` in `unit`."""

    divisor: float
    unit: str


def bytes_scale(largest: float) -> Scale:
    """The binary unit in which `largest` bytes is between 1 and 1024."""
    power = 0
    while largest >= 1024 ** (power + 1) and power < len(_BINARY) - 1:
        power += 1
    return Scale(float(1024**power), _BINARY[power])


def size(number: float | None) -> str:
    """Bytes in binary units with three significant digits: 1536 -> `1.50 KiB`."""
    if number is None:
        return UNKNOWN
    scale = bytes_scale(abs(number))
    if scale.unit == "B":
        return f"{number:,.0f} B"
    return f"{significant(number / scale.divisor)} {scale.unit}"


def billed_size(number: float | None) -> str:
    """Bytes in the decimal units that bills count: 117_000_000_000 -> `117 GB`."""
    if number is None:
        return UNKNOWN
    power = max((power for power in range(5) if abs(number) >= 1000**power), default=0)
    return f"{significant(number / 1000**power)} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def usd(amount: Decimal | None) -> str:
    """Dollars and cents, half-up: `$1,234.57`."""
    if amount is None:
        return UNKNOWN
    rounded = cents(amount)
    return f"-${-rounded:,}" if rounded < 0 else f"${rounded:,}"


def usd_range(low: Decimal, high: Decimal) -> str:
    """A range in words, `between $1.00 and $2.00`; what differs by less than a cent is no range."""
    ends = usd(low), usd(high)
    return f"between {ends[0]} and {ends[1]}" if ends[0] != ends[1] else "the same over the range of every input"


def unit_price(amount: Decimal | None) -> str:
    """A price as its list prints it, all digits: `$0.000000625`."""
    if amount is None:
        return UNKNOWN
    return f"-${plain(-amount)}" if amount < 0 else f"${plain(amount)}"


def quantity(amount: Decimal) -> str:
    """A billed quantity to at most three decimals: `1,460`, `12.346`."""
    text = f"{amount:,.3f}"
    return text.rstrip("0").rstrip(".")


def latency(us: float | None) -> str:
    """Microseconds in the unit a person would say: `85 µs`, `4.30 ms`, `1.20 s`."""
    if us is None:
        return UNKNOWN
    if us < 1000:
        return f"{significant(us)} µs"
    if us < 1_000_000:
        return f"{significant(us / 1000)} ms"
    return f"{significant(us / 1_000_000)} s"


_PLAIN_LATENCY = re.compile(r"([<>=~≤≥]*) ?(\d+(?:\.\d+)?)")


def latency_promise(figures: Mapping[str, str]) -> str:
    """A design's latency in words: `p50 <1 ms, p99 <2 ms (published)`. Figures are µs as text; other text stays."""
    parts = []
    for name, text in figures.items():
        if name in ("tag", "source"):
            continue
        plain_figure = _PLAIN_LATENCY.fullmatch(text)
        sign, us = plain_figure.groups() if plain_figure else ("", "")
        known = f"{sign.replace('<=', '≤')}{latency(float(us))}" if us else text
        parts.append(f"{name} {known}")
    tag = figures.get("tag")
    return (", ".join(parts) or UNKNOWN) + (f" ({tag})" if tag and parts else "")


def rate(per_s: float | None, unit: str = "ops/s") -> str:
    """A rate with three significant digits: `1,240 ops/s`, `0.85 ops/s`."""
    return UNKNOWN if per_s is None else f"{significant(per_s)} {unit}"


def count(number: float | None) -> str:
    """A whole number with thousands separated."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def counted(number: int, thing: str) -> str:
    """`1 shard`, `3 shards`, `no replicas`."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def share(fraction: float | None) -> str:
    """A share of one as per cent; small shares keep a digit: `0.4 %`, `37 %`."""
    if fraction is None:
        return UNKNOWN
    percent = fraction * 100
    if 0 < percent < 0.1:
        return "less than 0.1 %"
    return f"{percent:.1f} %" if abs(percent) < 10 and percent != round(percent) else f"{percent:.0f} %"


def duration(seconds: float | None) -> str:
    """Seconds as `42 s`, `3 min 20 s`, `2 h 5 min`, `30 d`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 60:
        return f"{significant(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        days, hours = divmod(hours, 24)
        return f"{days:,} d {hours} h" if hours and days < 30 else f"{days:,} d"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def significant(number: float) -> str:
    """Three significant digits, thousands separated: 0.1234 -> `0.123`, 85.0 -> `85`, 1234.5 -> `1,234`."""
    if number == 0:
        return "0"
    size_ = abs(number)
    if size_ >= 100:
        return f"{number:,.0f}"
    if number == int(number):
        return str(int(number))
    return f"{number:.1f}" if size_ >= 10 else f"{number:.2f}" if size_ >= 1 else f"{number:.3g}"


def two_lines(title: str, longest: int = 26) -> tuple[str, ...]:
    """A title longer than `longest` broken at the space nearest to its middle."""
    spaces = [place for place, letter in enumerate(title) if letter == " "]
    if len(title) <= longest or not spaces:
        return (title,)
    middle = min(spaces, key=lambda place: abs(place - len(title) / 2))
    return title[:middle], title[middle + 1 :]


def joined(words: tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
