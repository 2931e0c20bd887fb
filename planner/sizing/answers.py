"""The person's answers from JSON or a form, checked, and back to JSON.

Every answer may be left out and takes the default of `Answers`. An unknown name or a value out of range is an
InputError that names it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import InputError
from planner.pricing import designs
from planner.pricing.catalogue import regions
from planner.pricing.money import plain
from planner.pricing.terms import TERMS
from planner.sizing.loss import SURVIVE
from planner.sizing.model.answers import Answers
from planner.sizing.vectors import parse_vectors

MOST_MONTHS = 60
MOST_DESIGNS = 40
HOURS_OF_MONTHS = (672, 744)  # of 28 and of 31 days

# name: (lowest, highest); a whole number where both are int.
_RANGES: Mapping[str, tuple[float, float]] = {
    "peak_to_average": (1.0, 100.0),
    "traffic_share": (0.000001, 1.0),
    "growth_per_month": (-0.5, 1.0),
    "growth_data_per_month": (-0.5, 1.0),
    "growth_traffic_per_month": (-0.5, 1.0),
    "growth_spread_per_month": (0.0, 0.5),
    "horizon_months": (1, MOST_MONTHS),
    "replicas": (0, 5),
    "target_utilisation": (0.1, 1.0),
    "memory_headroom": (0.0, 0.8),
    "cache_share": (0.01, 1.0),
    "snapshot_retention_days": (0, 35),
    "hours_per_month": HOURS_OF_MONTHS,
    "clients_other_zone": (0.0, 1.0),
    "clients_internet": (0.0, 1.0),
}
# Money and what is multiplied by it: exact, as typed.
_EXACT: Mapping[str, tuple[int, int]] = {
    "free_backup_gb": (0, 1_000_000),
    "operations_hours": (0, 744),
    "operations_usd_per_hour": (0, 10_000),
    "savings_plan_percent": (0, 100),
}
_MAY_BE_NONE = frozenset({"growth_data_per_month", "growth_traffic_per_month"})  # then as `growth_per_month`
_SEASONS = ("season_peak", "season_mean")
_SEASON_RANGE = (0.001, 1000.0)
LONGEST_SOURCE = 120  # characters of the name of what the season was read from
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "recording_is": ("peak", "average"),
    "read_consistency": ("eventual", "strong"),
    "survive": SURVIVE,
    "term": tuple(TERMS),
    "free_tb": ("decimal", "binary"),
    "free_snapshot": ("cluster-storage", "one-snapshot"),
    "zone_replication": ("free", "charged"),
}
_YES_OR_NO = ("stale_reads", "data_tiering")


def parse_answers(data: Mapping[str, object]) -> Answers:
    """`Answers` from plain values. Raises InputError naming the answer, what was expected and what came."""
    names = [field.name for field in dataclasses.fields(Answers)]
    for name in data:
        if name not in names:
            expected = f"one of {', '.join(names)}."
            raise InputError("is not an answer Headroom knows.", source=str(name)[:80], expected=expected)
    values: dict[str, Any] = {name: _parse(name, value) for name, value in data.items()}
    if bool(values.get("season_peak")) != bool(values.get("season_mean")):
        raise InputError("needs the other one too.", source="season_peak", expected="season_peak and season_mean.")
    return Answers(**values)


def answers_to_json(answers: Answers) -> dict[str, Any]:
    """The inverse of `parse_answers`, in plain JSON types."""
    exact = {name: plain(getattr(answers, name)) for name in _EXACT}
    lists = {name: list(getattr(answers, name)) for name in ("designs", *_SEASONS)}
    return {**dataclasses.asdict(answers), **exact, **lists}


def _parse(name: str, value: object) -> object:
    if value is None and name in _MAY_BE_NONE:
        return None
    if name in _SEASONS:
        return _season(name, value)
    if name in _RANGES:
        return _number(name, value)
    if name in _EXACT:
        return _exact(name, value)
    own: Mapping[str, Callable[[object], object]] = {
        "designs": _designs,
        "season_source": _source,
        "vectors": parse_vectors,
    }
    if name in own:
        return own[name](value)
    if name in _YES_OR_NO:
        if not isinstance(value, bool):
            raise _wrong(name, value, "true or false.")
        return value
    choices = _CHOICES.get(name) or regions()
    if value not in choices:
        raise _wrong(name, value, f"one of {', '.join(choices)}.")
    return value


def _number(name: str, value: object) -> float | int:
    low, high = _RANGES[name]
    whole = isinstance(low, int)
    expected = f"a {'whole ' if whole else ''}number from {low:g} to {high:g}."
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(name, value, expected)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _wrong(name, value, expected) from None
    if not low <= number <= high or (whole and number != int(number)):
        raise _wrong(name, value, expected)
    return int(number) if whole else number


def _exact(name: str, value: object) -> Decimal:
    low, high = _EXACT[name]
    expected = f"a number from {low} to {high}."
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _wrong(name, value, expected)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _wrong(name, value, expected) from None
    if not number.is_finite() or not low <= number <= high or number != round(number, 6):
        raise _wrong(name, value, expected)
    return number


def _season(name: str, value: object) -> tuple[float, ...]:
    low, high = _SEASON_RANGE
    expected = f"twelve numbers from {low:g} to {high:g}, January first, or none."
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) not in (0, 12):
        raise _wrong(name, value, expected)
    for one in value:
        if isinstance(one, bool) or not isinstance(one, int | float) or not low <= one <= high:
            raise _wrong(name, one, expected)
    return tuple(float(one) for one in value)


def _source(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_SOURCE:
        raise _wrong("season_source", value, f"a name of at most {LONGEST_SOURCE} characters.")
    return value


def _designs(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not 1 <= len(value) <= MOST_DESIGNS:
        raise _wrong("designs", value, f"a list of 1 to {MOST_DESIGNS} from {', '.join(designs.available())}.")
    for design_id in value:
        if design_id not in designs.available():
            raise _wrong("designs", design_id, f"one of {', '.join(designs.available())}.")
    return tuple(dict.fromkeys(value))


def _wrong(name: str, value: object, expected: str) -> InputError:
    return InputError(f"{str(value)[:60]!r} will not do.", source=name, expected=expected)
