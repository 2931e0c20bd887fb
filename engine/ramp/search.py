"""Which rate is tried next, and what the tried ones say together. Nothing is drawn: the same outcomes give the same rates.

Rates double until one breaks; then the gap between the highest that held and the lowest that broke is halved. When already
the first breaks, rates are halved until one holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.ramp.model import HIGHEST, INTERRUPTED, MEMORY, STEPS, TOO_FEW, Ramp, RampSpec, RampStep

_LOWEST_SHARE = 1 / 64  # of the first rate: below it nothing is looked for
_ENDS_THE_RAMP = (MEMORY, TOO_FEW)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the steps so far have settled. `open` broke, and not yet as often as it takes."""

    held: RampStep | None
    broken: RampStep | None
    open: float | None


def next_rate(steps: Sequence[RampStep], spec: RampSpec, first: float) -> float | None:
    """The rate of the next step; None when the ramp is over. `first` is the rate to begin with."""
    if len(steps) >= spec.most_steps or (steps and steps[-1].limit in _ENDS_THE_RAMP):
        return None
    known = _known(steps, spec)
    if known.open is not None:
        return known.open
    if spec.rates:
        return _next_fixed(steps, known, spec)
    return _next_found(known, spec, min(first, spec.highest))


def conclude(steps: Sequence[RampStep], spec: RampSpec, *, ended_by: str = "", notes: tuple[str, ...] = ()) -> Ramp:
    """The ramp with its knee. `ended_by`: why the steps ended before their end, in words."""
    known = _known(steps, spec)
    held, broken = known.held, known.broken or _first_broken_above(steps, known.held)
    limited_by, reason = _limit(steps, held, broken, spec, ended_by)
    return Ramp(
        objective_us=spec.objective_us(),
        step_s=spec.step_s,
        rest_s=spec.rest_s,
        steps=tuple(steps),
        knee_ops_per_s=None if held is None else held.played.reached_ops_per_s,
        knee_high_ops_per_s=None if broken is None else broken.played.asked_ops_per_s,
        limited_by=limited_by,
        reason=reason,
        notes=notes,
    )


def _rate(step: RampStep) -> float:
    return step.played.asked_ops_per_s


def _known(steps: Sequence[RampStep], spec: RampSpec) -> _Known:
    held = max((step for step in steps if step.held), key=_rate, default=None)
    above = [step for step in steps if not step.held and (held is None or _rate(step) > _rate(held))]
    times = {_rate(step): sum(_rate(each) == _rate(step) for each in above) for step in above}
    settled = [step for step in above if times[_rate(step)] >= spec.tries]
    last = _rate(above[-1]) if above and above[-1] is steps[-1] else None
    unsettled = last if last is not None and times[last] < spec.tries else None
    return _Known(held, min(settled, key=_rate, default=None), unsettled)


def _next_fixed(steps: Sequence[RampStep], known: _Known, spec: RampSpec) -> float | None:
    if known.broken is not None:
        return None
    tried = {_rate(step) for step in steps}
    return next((rate for rate in sorted(spec.rates) if rate not in tried), None)


def _next_found(known: _Known, spec: RampSpec, first: float) -> float | None:
    if known.held is None and known.broken is None:
        return first
    if known.broken is None:
        assert known.held is not None
        here = _rate(known.held)
        return min(2 * here, spec.highest) if here < spec.highest else None
    if known.held is None:
        lower = _rate(known.broken) / 2
        return lower if lower >= max(first * _LOWEST_SHARE, 1.0) else None
    low, high = _rate(known.held), _rate(known.broken)
    return (low + high) / 2 if high > low * (1 + spec.precision) else None


def _first_broken_above(steps: Sequence[RampStep], held: RampStep | None) -> RampStep | None:
    """Steps ended before a broken rate was tried again: it still bounds the knee."""
    above = (step for step in steps if not step.held and (held is None or _rate(step) > _rate(held)))
    return min(above, key=_rate, default=None)


def _limit(
    steps: Sequence[RampStep], held: RampStep | None, broken: RampStep | None, spec: RampSpec, ended_by: str
) -> tuple[str, str]:
    if ended_by:
        return INTERRUPTED, ended_by
    if broken is not None:
        tail = "" if held is not None else " No rate that was tried held."
        where = f"At {_rate(broken):,.0f} operations/s: " if broken.limit != TOO_FEW else ""
        return broken.limit, f"{where}{broken.why}{tail}"
    if len(steps) >= spec.most_steps:
        return STEPS, f"All {spec.most_steps} steps were used; the knee is higher."
    return HIGHEST, "No rate that was allowed broke; the knee is higher."
