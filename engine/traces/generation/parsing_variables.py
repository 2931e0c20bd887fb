"""Reads one variable of a workload file; each way of drawing has its own fields."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from engine.traces.generation.fields import Fields
from engine.traces.generation.variables import Choice, Count, Counter, Decimal, Index, Integer, Moment, Value, Variable
from engine.traces.generation.workload import SLIDERS

_SHORTEST_TOKEN = 12  # hexadecimal digits that still tell a million things apart


def variable(fields: Fields, name: str) -> Variable:
    """The variable `name`. Raises InputError naming the field."""
    draw = fields.one_of("draw", tuple(_READERS))
    found = _READERS[draw](fields, name)
    fields.finish()
    return found


def _zipf(fields: Fields, name: str) -> Index:
    return _index(fields, name, _parameter(fields, "skew", "skew"))


def _uniform(fields: Fields, name: str) -> Index:
    return _index(fields, name, 0.0)


def _index(fields: Fields, name: str, skew: str | float) -> Index:
    form = fields.one_of("form", ("number", "hex"), "number")
    length = fields.whole("length", 16 if form == "hex" else 0)
    if form == "hex" and length < _SHORTEST_TOKEN:
        raise fields.wrong("length", f"at least {_SHORTEST_TOKEN} digits")
    return Index(name, _count(fields), skew, form, length, fields.whole("start", 1 if form == "number" else 0))


def _count(fields: Fields) -> Count:
    over = _parameter(fields, "over", None)
    times = fields.decimal("times", 1.0)
    if times <= 0 or (not isinstance(over, str) and (over < 1 or over % 1)):
        raise fields.wrong("over", "a parameter, or a whole number from 1 on, times more than 0")
    return Count(over if isinstance(over, str) else int(over), times)


def _parameter(fields: Fields, name: str, default: str | float | None) -> str | float:
    found = fields.either(name, default)
    if isinstance(found, str) and found not in SLIDERS:
        raise fields.wrong(name, f"a number or one of {', '.join(SLIDERS)}")
    if not isinstance(found, str) and not 0 <= found < 1e15:
        raise fields.wrong(name, "a number from 0 on")
    return found


def _integer(fields: Fields, name: str) -> Integer:
    low, high = fields.whole("low"), fields.whole("high")
    if not -(1 << 62) < low <= high < 1 << 62:
        raise fields.wrong("high", "at least low")
    return Integer(name, low, high)


def _decimal(fields: Fields, name: str) -> Decimal:
    low, high, digits = fields.decimal("low"), fields.decimal("high"), fields.whole("digits", 2)
    if not low <= high or not 0 <= digits <= 12:
        raise fields.wrong("high", "at least low, with 0 to 12 digits")
    return Decimal(name, low, high, digits)


def _choice(fields: Fields, name: str) -> Choice:
    values = [_word(fields, one) for one in fields.listed("values")]
    weights = fields.listed("weights", [1] * len(values))
    fits = all(isinstance(one, int | float) and one >= 0 for one in weights)
    if not values or len(weights) != len(values) or not fits or not sum(weights) > 0:
        raise fields.wrong("weights", "one number from 0 on for each of the values")
    total = float(sum(weights))
    return Choice(name, tuple(values), tuple(weight / total for weight in weights))


def _word(fields: Fields, one: Any) -> bytes:
    if isinstance(one, bool) or not isinstance(one, str | int):
        raise fields.wrong("values", "texts or whole numbers")
    return str(one).encode("utf-8")


def _value(fields: Fields, name: str) -> Value:
    sizes = fields.one_of("sizes", ("fixed", "lognormal", "table"), "fixed")
    sigma = fields.decimal("sigma", 1.0) if sizes == "lognormal" else 0.0
    if not 0 <= sigma <= 3:
        raise fields.wrong("sigma", "0 to 3")
    table = _table(fields) if sizes == "table" else ()
    return Value(name, _parameter(fields, "mean", "value_size"), sizes, sigma, table)


def _table(fields: Fields) -> tuple[tuple[float, float], ...]:
    rows = fields.listed("table")
    fits = all(isinstance(row, list) and len(row) == 2 and all(isinstance(x, int | float) for x in row) for row in rows)
    table = tuple((float(share), float(size)) for share, size in rows) if fits else ()
    rises = all(a[0] < b[0] and 0 <= a[1] <= b[1] for a, b in pairwise(table))
    if len(table) < 2 or not rises or table[0][0] != 0 or table[-1][0] != 1 or table[-1][1] <= 0:
        raise fields.wrong("table", "rows of [share, bytes] that rise from share 0 to share 1")
    return table


def _moment(fields: Fields, name: str) -> Moment:
    offset_s = fields.decimal("offset_s", 0.0)
    if abs(offset_s) > 1e9:
        raise fields.wrong("offset_s", "less than a billion seconds")
    return Moment(name, fields.one_of("unit", ("min", "s", "ms", "us"), "s"), offset_s)


def _counter(fields: Fields, name: str) -> Counter:
    per, behind = (fields.text(one) if fields.has(one) else None for one in ("per", "behind"))
    return Counter(name, per, behind)


_READERS: dict[str, Callable[[Fields, str], Variable]] = {
    "zipf": _zipf,
    "uniform": _uniform,
    "integer": _integer,
    "decimal": _decimal,
    "choice": _choice,
    "value": _value,
    "time": _moment,
    "counter": _counter,
}
