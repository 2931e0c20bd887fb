"""Frozen dataclasses to plain JSON types and back, driven by their type hints.

Lossless for what crosses Headroom's seams: int, float, str, bool, None, Decimal (as a string, never a float), date and
datetime (ISO 8601), tuples, string-keyed mappings and dataclasses of these. Anything else is our mistake: TypeError.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from planner.pricing.money import plain

T = TypeVar("T")
_PLAIN = (str, int, float, bool)


def encode(value: object) -> Any:
    """`value` as str, int, float, bool, None, list and dict."""
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {item.name: encode(getattr(value, item.name)) for item in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def decode(kind: type[T], data: Any) -> T:
    """The inverse of `encode` for the dataclass `kind`.

    Unknown keys, missing fields and wrong types raise TypeError, malformed text ValueError or ArithmeticError.
    """
    return cast(T, _decode(kind, data))


def _decode(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _decode(_only_option(kind), data)
    if origin is tuple:
        return _decode_tuple(get_args(kind), data)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(get_args(kind)[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_record(kind, data)
    return _decode_scalar(kind, data)


def _only_option(kind: Any) -> Any:
    (option,) = [item for item in get_args(kind) if item is not types.NoneType]
    return option


def _decode_tuple(kinds: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        raise TypeError(f"expected a list, got {type(data).__name__}")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item) for item in data)
    return tuple(_decode(kind, item) for kind, item in zip(kinds, data, strict=True))


def _decode_record(kind: Any, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise TypeError(f"expected an object for {kind.__name__}, got {type(data).__name__}")
    hints = _hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise TypeError(f"{kind.__name__} has no field {unknown[0]!r}")
    return kind(**{name: _decode(hints[name], item) for name, item in data.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode_scalar(kind: Any, data: Any) -> Any:
    if kind is Decimal:
        return Decimal(data)
    if kind in (date, datetime):
        return kind.fromisoformat(data)
    if kind is float and type(data) is int:
        return float(data)
    if type(data) is not kind:
        raise TypeError(f"expected {kind.__name__}, got {type(data).__name__}")
    return data
