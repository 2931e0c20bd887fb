"""Floating point as the engines add and print it: C's long double, at most 17 decimals, no zeros at the end."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from engine.replication.values import Refused

_DECIMALS = 17
_MOST = 1e300  # larger ones are no counters, and no double holds them


def add_float(before: bytes, step: bytes) -> bytes:
    """The sum as INCRBYFLOAT stores it. Raises Refused when one of the two is no number."""
    if any(word != word.strip() or b"_" in word for word in (before, step)):
        raise Refused
    try:
        total = np.longdouble(before.decode()) + np.longdouble(step.decode())
    except ValueError:
        raise Refused from None
    if not np.isfinite(total) or abs(total) > _MOST:
        raise Refused
    return printed(total)


def printed(value: np.longdouble) -> bytes:
    """`%.17Lf` without the zeros at its end."""
    high = float(value)
    exact = Fraction(high) + Fraction(float(value - np.longdouble(high)))
    scaled = round(exact * 10**_DECIMALS)
    digits = f"{abs(scaled):0{_DECIMALS + 1}d}"
    text = f"{digits[:-_DECIMALS]}.{digits[-_DECIMALS:]}".rstrip("0").rstrip(".")
    return ("-" if scaled < 0 else "").encode() + text.encode()


def score(word: bytes) -> float:
    """A sorted set's score. Raises Refused."""
    try:
        return float(word)
    except ValueError:
        raise Refused from None
