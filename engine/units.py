"""Bytes, durations and rates as people write and read them.

Reading follows the standards: `kB`, `MB`, `GB` are powers of 1000 and `KiB`, `MiB`, `GiB` powers of 1024. Printing
bytes is always binary. Inside Headroom everything is an int of bytes or microseconds.
"""

from __future__ import annotations

import re
from decimal import Decimal

from engine.errors import InputError

_BYTE_UNITS = {"": 1, "b": 1} | {
    f"{letter}{suffix}": base**power
    for power, letter in enumerate("kmgtp", 1)
    for suffix, base in (("", 1000), ("b", 1000), ("i", 1024), ("ib", 1024))
}
_DURATION_UNITS_US = {
    **dict.fromkeys(("us", "µs", "μs"), 1),
    "ms": 1000,
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1_000_000),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60_000_000),
    **dict.fromkeys(("h", "hour", "hours"), 3_600_000_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000_000),
}
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_BYTES = re.compile(rf"({_NUMBER})\s*([a-z]*)")
_DURATION_PART = re.compile(rf"({_NUMBER})\s*([a-zµμ]+)\s*")
_PRINTED_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_PRINTED_DURATIONS = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1000, "ms"))


def parse_bytes(text: str) -> int:
    """`"1.5 GB"` -> 1500000000, `"1.5 GiB"` -> 1610612736, `"64"` -> 64; a part of a byte is dropped. Or InputError."""
    match = _BYTES.fullmatch(text.strip().lower().replace(",", ""))
    if match is None or match[2] not in _BYTE_UNITS:
        raise InputError(
            f"“{text}” is not a number of bytes.", expected="a number with a unit, such as 512 MiB or 1.5 GB."
        )
    return int(Decimal(match[1]) * _BYTE_UNITS[match[2]])


def format_bytes(count: int) -> str:
    """Binary, three significant digits: `1.5 GiB`, `999 B`, `1023 KiB`, `-2 MiB`."""
    power = min(max(abs(count).bit_length() - 1, 0) // 10, len(_PRINTED_BYTES) - 1)
    return f"{_three_digits(count / 1024**power)} {_PRINTED_BYTES[power]}"


def parse_duration(text: str) -> int:
    """Microseconds: `"250ms"` -> 250000, `"1h 30m"` -> 5400000000, a bare number counts seconds. Or InputError."""
    plain = text.strip().lower()
    if re.fullmatch(_NUMBER, plain):
        return int(Decimal(plain) * 1_000_000)
    parts = _DURATION_PART.findall(plain)
    whole = "".join(match.group() for match in _DURATION_PART.finditer(plain))
    if not parts or whole != plain or any(unit not in _DURATION_UNITS_US for _, unit in parts):
        raise InputError(f"“{text}” is not a duration.", expected="numbers with units, such as 250 ms, 90s or 1h 30m.")
    return int(sum(Decimal(number) * _DURATION_UNITS_US[unit] for number, unit in parts))


def format_duration_us(duration_us: float) -> str:
    """The largest unit that fits, three significant digits: `1.5 ms`, `850 µs`, `2.5 min`."""
    for size, unit in _PRINTED_DURATIONS:
        if abs(duration_us) >= size:
            return f"{_three_digits(duration_us / size)} {unit}"
    return f"{_three_digits(duration_us)} µs"


def format_rate(per_second: float, unit: str) -> str:
    """`format_rate(12345.6, "ops")` -> `12,346 ops/s`; below 100 with three significant digits."""
    number = f"{per_second:,.0f}" if abs(per_second) >= 100 else _three_digits(per_second)
    return f"{number} {unit}/s"


def _three_digits(number: float) -> str:
    """At most three significant digits, whole numbers in full, no trailing zeros."""
    if abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.3g}" if abs(number) >= 0.001 else "0"
