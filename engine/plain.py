"""Frozen dataclasses to plain JSON types and back, by their own field types: a new field needs no code of its own here.

Understood: dataclasses, `tuple[X, ...]`, `Mapping[str, X]`, `X | None` and plain values. A field with a default may be
missing; an unknown or a missing one is a TypeError that names it.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

_T = TypeVar("_T")


def to_plain(record: Any) -> dict[str, Any]:
    """A dataclass as plain JSON types."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(record)))
    return plain


def from_plain(kind: type[_T], data: Mapping[str, Any]) -> _T:
    """The inverse of `to_plain`. Raises TypeError or KeyError when `data` is not one of `kind`."""
    hints = _hints(kind)  # type: ignore[arg-type]  # every class is hashable
    return kind(**{name: _value(hints[name], value) if name in hints else value for name, value in data.items()})


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        (hint,) = (each for each in inner if each is not type(None))
        return _value(hint, value)
    if origin is tuple:
        return tuple(_value(inner[0], each) for each in value)
    if origin is Mapping:
        return {name: _value(inner[1], each) for name, each in value.items()}
    return from_plain(hint, value) if dataclasses.is_dataclass(hint) and isinstance(hint, type) else value
