"""Remembering what depends on nothing but a region's prices.

A catalogue cannot be hashed, so what is remembered stands under its identity, which it keeps alive. Prices that are read
anew make another catalogue, and with it another answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from planner.pricing.catalogue import Catalogue

P = ParamSpec("P")
T = TypeVar("T")
_MOST = 512  # answers kept of one function; regions x engines are far fewer


def per_catalogue(function: Callable[Concatenate[Catalogue, P], T]) -> Callable[Concatenate[Catalogue, P], T]:
    """`function` worked out once for each catalogue and the (hashable, positional) arguments after it."""
    known: dict[tuple[object, ...], tuple[Catalogue, T]] = {}

    def remembered(catalogue: Catalogue, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (id(catalogue), args)
        if key not in known:
            if len(known) >= _MOST:
                known.clear()
            known[key] = (catalogue, function(catalogue, *args, **kwargs))
        return known[key][1]

    return remembered
