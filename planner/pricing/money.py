"""Money and time as prices count them: exact Decimal products, cents rounded half up, 730 hours in a month.

Nothing here rounds except `cents`, which is for printing. The month of 730 hours is the vendor calculators' and stands
only here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from functools import reduce

HOURS_PER_MONTH = Decimal(730)
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
BYTES_PER_GB = 10**9

# Wide enough for every product of a quantity and a price that a spec may hold; losing digits is a fault, so it raises.
_EXACT = Context(prec=120, traps=[Inexact])
_CENT = Decimal("0.01")
_PICO = 12


def product(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """quantity x unit_price, exactly."""
    return _EXACT.multiply(quantity, unit_price)


def plus(first: Decimal, second: Decimal) -> Decimal:
    """first + second, exactly."""
    return _EXACT.add(first, second)


def minus(first: Decimal, second: Decimal) -> Decimal:
    """first - second, exactly."""
    return _EXACT.subtract(first, second)


def millions(units: Decimal) -> Decimal:
    """Units as millions of units, exactly."""
    return units.scaleb(-6, context=_EXACT)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0 of nothing."""
    return reduce(_EXACT.add, amounts, Decimal(0))


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two decimals, for printing: 315.798 -> 315.80."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP, context=Context(prec=120))


def picodollars(usd: Decimal) -> int:
    """A price as an exact whole number, for comparing many at once. Raises ValueError for one that is finer than that."""
    scaled = usd.scaleb(_PICO, context=_EXACT)
    if scaled != int(scaled):
        raise ValueError(f"{usd} is finer than a picodollar")
    return int(scaled)


def plain(number: Decimal) -> str:
    """Digits without exponent or trailing zeros: `315.7980` -> `315.798`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: float, *, decimals: int = 6) -> Decimal:
    """A measured float as a billable quantity, rounded to `decimals` so that a bill can be recomputed exactly."""
    text = f"{value:.{decimals}f}"
    return Decimal(text.rstrip("0").rstrip(".") if decimals else text)
