"""Numbers a person types about a workload, as its shape. What is left empty stays unknown.

Numbers may be typed as people write them: `1.5 GiB`, `90 s`, `12,000`, `80 %`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import InputError
from engine.traces.summaries.shape import TYPED, Tag, WorkloadShape
from engine.units import parse_bytes, parse_duration

_MOST = 1e18
_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:e\d{1,2})?|\.\d+", re.ASCII)


def typed(fields: Mapping[str, object]) -> WorkloadShape:
    """The shape of these figures, by the names of WorkloadShape's fields. Raises InputError naming the field.

    Bytes and times take units; shares are from 0 to 1 or in percent; None and empty text are unknown. At least a rate
    must be there. `operations_per_s` with a `read_share` gives reads and writes.
    """
    given = {name: value for name, value in fields.items() if not _empty(value)}
    for name in given:
        if name not in _FIELDS:
            raise InputError("there is no such figure.", source=name, expected=f"one of {', '.join(_FIELDS)}.")
    figures: dict[str, Any] = {name: _FIELDS[name](name, value) for name, value in given.items()}
    _split_operations(figures)
    if not any(figures.get(name) for name in _RATES):
        raise InputError(
            "no rate is given.", source="operations_per_s", expected="commands per second above 0, or reads and writes."
        )
    _check_peaks(figures)
    if "item_bytes" not in figures and figures.get("keys") and "bytes_used" in figures:
        figures["item_bytes"] = figures["bytes_used"] / figures["keys"]
    tags: dict[str, Tag] = dict.fromkeys(figures, TYPED)
    return WorkloadShape("typed", "numbers typed by hand", tags=tags, **figures)


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _split_operations(figures: dict[str, Any]) -> None:
    share = figures.pop("read_share", None)
    total = figures.get("operations_per_s")
    classes = [figures[name] for name in _RATES[1:] if name in figures]
    if total is None and classes:
        figures["operations_per_s"] = total = sum(classes)
    if share is not None and total is not None and not classes:
        figures["reads_per_s"], figures["writes_per_s"] = total * share, total * (1 - share)
    if total is not None and classes and sum(classes) > total * 1.001:
        raise InputError(
            f"reads, writes and scripts come to {sum(classes):g}, more than all.",
            source="operations_per_s",
            expected="at least their sum.",
        )


def _check_peaks(figures: Mapping[str, Any]) -> None:
    for peak, value in figures.items():
        mean = peak.replace("_peak", "")
        if "_peak" in peak and value < figures.get(mean, 0):
            raise InputError(f"the peak is below the mean ({figures[mean]:g}).", source=peak, expected="at least that.")


def _number(name: str, value: object) -> float:
    text = str(value).strip().replace(",", "").lower() if isinstance(value, str | int | float) else ""
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if isinstance(value, bool) or not number <= _MOST:
        raise _wrong(name, value, "a number, 0 or more.")
    return number


def _whole(name: str, value: object) -> int:
    number = _number(name, value)
    if number != int(number):
        raise _wrong(name, value, "a whole number.")
    return int(number)


def _share(name: str, value: object) -> float:
    percent = isinstance(value, str) and value.strip().endswith("%")
    number = _number(name, str(value).strip().removesuffix("%") if percent else value) / (100 if percent else 1)
    if number > 1:
        raise _wrong(name, value, "a share from 0 to 1, or a percentage such as 80 %.")
    return number


def _bytes(name: str, value: object) -> int:
    text = f"{value}".removesuffix("/s") if isinstance(value, str) else f"{_number(name, value):.0f}"
    if len(text) > 60:
        raise _wrong(name, text, "a number of bytes, such as 1.5 GiB.")
    try:
        count = parse_bytes(text)
    except InputError as error:
        raise InputError(error.problem, source=name, expected=error.expected) from error
    if count > _MOST:
        raise _wrong(name, value, "a number of bytes, such as 1.5 GiB.")
    return count


def _seconds(name: str, value: object) -> float:
    text = value if isinstance(value, str) else f"{_number(name, value):f}"
    if len(text) > 60:
        raise _wrong(name, text, "a duration, such as 90 s or 1h 30m.")
    try:
        microseconds = parse_duration(text)
    except InputError as error:
        raise InputError(error.problem, source=name, expected=error.expected) from error
    if microseconds > _MOST:
        raise _wrong(name, value, "a duration, such as 90 s or 1h 30m.")
    return microseconds / 1e6


def _milliseconds(name: str, value: object) -> float:
    """A bare number counts milliseconds, as the field's name says."""
    plain = not isinstance(value, str) or _NUMBER.fullmatch(value.strip().replace(",", ""))
    return _number(name, value) if plain else _seconds(name, value) * 1000


def _name(name: str, value: object) -> str:
    text = str(value).strip() if isinstance(value, str) else ""
    if not text.isprintable() or not 0 < len(text) <= 60:
        raise _wrong(name, value, "a short name.")
    return text


def _wrong(name: str, value: object, expected: str) -> InputError:
    shown = "".join(char if char.isprintable() else "?" for char in repr(value)[:40].strip("'\""))
    return InputError(f"“{shown}” cannot be taken.", source=name, expected=expected)


_RATES = ("operations_per_s", "reads_per_s", "writes_per_s", "scripts_per_s")
_FIELDS: Mapping[str, Callable[[str, object], object]] = {
    **{name: _number for rate in _RATES for name in (rate, rate.replace("_per_s", "_peak_per_s"))},
    "read_share": _share,
    "keys": _whole,
    "clients": _whole,
    **dict.fromkeys(("bytes_used", "bytes_used_peak", "item_bytes", "key_bytes", "value_bytes"), _bytes),
    **dict.fromkeys(("hit_rate", "ttl_share", "engine_cpu_share", "engine_cpu_peak_share"), _share),
    "ttl_mean_ms": _milliseconds,
    "skew": _number,
    "span_s": _seconds,
    **{f"{way}{peak}_bytes_per_s": _bytes for way in ("network_in", "network_out") for peak in ("", "_peak")},
    "replication_bytes_per_s": _bytes,
    "replication_peak_bytes_per_s": _bytes,
    "evictions_per_s": _number,
    "expirations_per_s": _number,
    "engine": _name,
    "engine_version": _name,
}
