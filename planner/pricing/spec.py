"""A spec from outside (JSON) into the frozen quantities of a design, driven by the fields of its dataclass.

Each field is a key the design accepts: its type says how it is read, its metadata (`low`, `high`, `choices`) what is
allowed. An unknown key, a wrong type or a value out of range is an InputError that names the key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeVar, cast, get_type_hints

from engine.errors import InputError

Q = TypeVar("Q")
MOST = Decimal(10) ** 30  # beyond any bill; keeps every product exact
MOST_DIGITS = 60


def read_fields(kind: type[Q], given: Mapping[str, object]) -> Q:
    """Build `kind` from the keys given; keys left out take the field's default. Raises InputError naming the key."""
    types = _hints(kind)
    values: dict[str, Any] = {}
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]  # every design's quantities are a dataclass
        if item.name in given:
            values[item.name] = _read(item, types[item.name], given[item.name])
        elif item.default is dataclasses.MISSING:
            raise InputError("is required.", source=item.name, remedy=f'Add "{item.name}" to the spec.')
    return kind(**values)


def build(kind: type[Q], values: Mapping[str, Any]) -> Q:
    """Build `kind` from values that already have its types, as sizing makes them: only ranges are checked."""
    for name, low, high in _ranges(cast(Hashable, kind)):
        if name in values and not low <= values[name] <= high:
            raise _wrong(name, values[name], f"{low} to {high}.")
    return kind(**values)


@lru_cache(maxsize=64)
def _ranges(kind: Hashable) -> tuple[tuple[str, int, int], ...]:
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]  # as above
    return tuple((one.name, one.metadata["low"], one.metadata["high"]) for one in fields if "low" in one.metadata)


def keys(kind: type[object]) -> frozenset[str]:
    """The keys a design accepts."""
    return frozenset(item.name for item in dataclasses.fields(kind))  # type: ignore[arg-type]  # as above


def default_of(kind: type[object], name: str) -> object:
    """What a key left out is taken as; None for a key the design does not have."""
    found = (item.default for item in dataclasses.fields(kind) if item.name == name)  # type: ignore[arg-type]  # as above
    return next(found, None)


def read_number(name: str, value: object) -> Decimal:
    """A finite number, 0 or more, from JSON (a number, or digits in a string)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _wrong(name, value, "a number of 0 or more.")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _wrong(name, value, "a number of 0 or more.") from None
    if not number.is_finite() or not 0 <= number <= MOST or len(number.as_tuple().digits) > MOST_DIGITS:
        raise _wrong(name, value, "a number from 0 to 10^30.")
    if int(number.as_tuple().exponent) < -MOST_DIGITS:
        raise _wrong(name, value, f"at most {MOST_DIGITS} decimals.")
    return number


def read_count(name: str, value: object) -> int:
    """A whole number, 0 or more."""
    if value == -1 and not isinstance(value, bool):
        return -1  # what a field calls "all"; its lowest value says whether it may
    number = read_number(name, value)
    if number != number.to_integral_value():
        raise _wrong(name, value, "a whole number.")
    return int(number)


def read_flag(name: str, value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise _wrong(name, value, "true or false.")
    return value


def read_text(name: str, value: object) -> str:
    """Some text."""
    if not isinstance(value, str) or not value:
        raise _wrong(name, value, "text.")
    return value


_HINTS: dict[type, Mapping[str, type]] = {}
_READERS: Mapping[type, Callable[[str, object], object]] = {
    Decimal: read_number,
    int: read_count,
    bool: read_flag,
    str: read_text,
}


def _hints(kind: Any) -> Mapping[str, type]:
    if kind not in _HINTS:  # asking for hints evaluates them, which takes longer than a whole quote
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _read(item: dataclasses.Field[Any], kind: type, value: object) -> object:
    read = _READERS[kind](item.name, value)
    choices = item.metadata.get("choices")
    if choices and read not in choices:
        raise _wrong(item.name, value, f"one of {', '.join(choices)}.")
    low, high = item.metadata.get("low", read), item.metadata.get("high", read)
    if not low <= read <= high:
        raise _wrong(item.name, value, f"{low} to {high}.")
    return read


def _wrong(name: str, value: object, expected: str) -> InputError:
    return InputError(f"{str(value)[:60]!r} will not do.", source=name, expected=expected)
