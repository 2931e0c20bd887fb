"""What the chart of a ramp says: response time against rate, the objective, the knee and what set it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.ramp.model import Ramp, RampStep
from planner.reports.facts import BLUE, VERMILLION, Facts
from planner.reports.wording import UNKNOWN, counted, latency, rate, share

TITLE = "Latency against rate"
CLASSES = (("read", "reads", BLUE), ("write", "writes", VERMILLION))
LEVELS = (("p99", "p99_us", "solid"), ("p50", "p50_us", "dot"))
LIMITS = {
    "engine": "the engine",
    "player": "the player, not the engine",
    "machine": "this machine, which was too busy to judge an engine",
    "memory": "memory",
    "interrupted": "an interruption",
    "highest rate": "the highest rate that was allowed",
    "steps": "the number of steps",
    "operations": "too few operations",
}


@dataclass(frozen=True, slots=True)
class Line:
    """Response time of one class at one level, by rate asked, lowest first."""

    name: str
    colour: str
    dash: str
    rates: tuple[float, ...]
    values_us: tuple[float, ...]


def deciding(ramp: Ramp) -> tuple[RampStep, ...]:
    """One step for each rate, lowest first: the try that held, else the last."""
    best: dict[float, RampStep] = {}
    for step in ramp.steps:
        known = best.get(step.played.asked_ops_per_s)
        if known is None or not known.held:
            best[step.played.asked_ops_per_s] = step
    return tuple(best[asked] for asked in sorted(best))


def lines(ramp: Ramp) -> tuple[Line, ...]:
    """What is drawn."""
    found = []
    for key, name, colour in CLASSES:
        known = [step.played for step in deciding(ramp) if key in step.played.latency_us]
        for level, field, dash in LEVELS:
            values = tuple(getattr(played.latency_us[key], field) for played in known)
            rates = tuple(played.asked_ops_per_s for played in known)
            if values:
                found.append(Line(f"{name}, {level}", colour, dash, rates, values))
    return tuple(found)


def knee_words(ramp: Ramp) -> str:
    """`9,690 ops/s`, or a dash."""
    return rate(ramp.knee_ops_per_s)


def limited_words(ramp: Ramp) -> str:
    """What set the knee."""
    return LIMITS.get(ramp.limited_by, ramp.limited_by)


def objective_words(ramp: Ramp) -> str:
    """`p99 of reads within 2 ms, of writes within 5 ms`."""
    parts = [
        f"of {name} within {latency(ramp.objective_us[key])}" for key, name, _ in CLASSES if key in ramp.objective_us
    ]
    return f"p99 {', '.join(parts)}"


def ramp_facts(ramp: Ramp) -> Facts:
    """Every step as a row, and the knee in a sentence."""
    if not ramp.steps:
        return Facts(TITLE, f"No rate was tried. {ramp.reason}")
    columns = ("Asked", "Reached", "Read p50", "Read p99", "Write p50", "Write p99", "Late", "Player CPU", "Engine CPU")
    steps = sorted(ramp.steps, key=lambda step: step.played.asked_ops_per_s)
    return Facts(TITLE, summary(ramp), (*columns, "Verdict"), tuple(map(_row, steps)))


def summary(ramp: Ramp) -> str:
    """The knee in a sentence, with the objective and what set it."""
    steps = counted(len(ramp.steps), "step")
    if ramp.knee_ops_per_s is None:
        found = f"No rate kept the objective ({objective_words(ramp)})"
    else:
        found = f"{knee_words(ramp)} is the highest rate that kept the objective ({objective_words(ramp)})"
    high = ramp.knee_high_ops_per_s
    above = "" if high is None else f"; the lowest that broke it was {rate(high)}"
    return f"{found}{above}. Found in {steps}, limited by {limited_words(ramp)}. {ramp.reason}"


def _row(step: RampStep) -> tuple[str, ...]:
    played = step.played
    times = tuple(
        latency(getattr(played.latency_us[key], field)) if key in played.latency_us else UNKNOWN
        for key, _, _ in CLASSES
        for field in ("p50_us", "p99_us")
    )
    late = share(played.late / played.units) if played.units else UNKNOWN
    busy = (share(played.player_busy), share(played.engine_busy))
    verdict = " ".join(part for part in ("held." if step.held else "did not hold.", step.why) if part)
    return (rate(played.asked_ops_per_s), rate(played.reached_ops_per_s), *times, late, *busy, verdict)
