"""Values that are made by the thousand: immutable to the type checker, without what that costs at run time.

A frozen dataclass sets each field through a guarded call, which makes it four times as slow to build as a plain one. A search
builds tens of thousands of them. mypy sees these as frozen, so an assignment to a field does not pass `make lint`.
"""

from __future__ import annotations

import dataclasses
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def value(kind: type[T]) -> type[T]:
    """A dataclass with slots, compared and hashed by its fields; only the type checker keeps others from assigning to them."""
    return dataclasses.dataclass(slots=True, unsafe_hash=True)(kind)
