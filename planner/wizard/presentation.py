"""What the steps say before anything is done: how long the replay takes, hit rates to choose from, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.comparison import BOTH
from planner.estimates.models import Estimate
from planner.jobs.wording import STATES
from planner.pricing import designs
from planner.pricing.terms import TERMS
from planner.reports.wording import count, counted, duration, share, size
from planner.sizing.answers import parse_answers
from planner.sizing.model.answers import Answers
from planner.wizard.forms import MeasureForm

NOTHING_TO_REPLAY = (
    "Figures alone cannot be replayed. Generate a workload that matches them below; then it can be measured."
)


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What the run is going to do, in figures of the recording."""

    operations: int
    recorded_s: float
    replay_s: float
    nodes: int
    shards: int
    replicas: int
    ramp: bool
    both: bool


@dataclass(frozen=True, slots=True)
class HitRow:
    """One point of the hit-rate curve."""

    cache_share: float
    cache_bytes: int
    hit_rate: float


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One thing the answer rests on. `ready` False: the answer cannot be computed without it yet."""

    name: str
    text: str
    url_name: str
    ready: bool = True


def replay_plan(estimate: Estimate, form: MeasureForm) -> ReplayPlan | None:
    """The run that the form as it stands would start; None without a recording that has been read."""
    trace = estimate.trace
    if trace is None or trace.profile is None or not trace.is_ready:
        return None
    shards, replicas = (_whole(form[name].value(), default) for name, default in (("shards", 3), ("replicas", 1)))
    recorded_s = float(trace.profile["duration_s"])
    speed = _positive(form["speed"].value())
    nodes = shards * (1 + replicas)
    ramp, both = bool(form["ramp"].value()), form["mode"].value() == BOTH
    return ReplayPlan(trace.profile["operations"], recorded_s, recorded_s / speed, nodes, shards, replicas, ramp, both)


def hit_points(estimate: Estimate) -> tuple[HitRow, ...]:
    """The hit-rate curve of the recording, smallest cache first."""
    curve = (estimate.trace.hit_curve if estimate.trace is not None else None) or []
    points = (HitRow(point["cache_share"], point["cache_bytes"], point["hit_rate"]) for point in curve)
    return tuple(sorted(points, key=lambda point: point.cache_bytes))


def summary(estimate: Estimate) -> tuple[SummaryRow, ...]:
    """Everything the answer rests on, in the order of the steps."""
    answers = parse_answers(estimate.answers)
    return (_workload(estimate), _measurement(estimate), *_elsewhere(estimate), _scale(answers), _compare(answers))


def _workload(estimate: Estimate) -> SummaryRow:
    trace = estimate.trace
    if trace is None:
        return SummaryRow("Workload", "No recording chosen yet.", "wizard:workload", ready=False)
    profile: Mapping[str, Any] | None = trace.profile
    if profile is None:
        return SummaryRow(
            "Workload", f"{trace.name}: {STATES[trace.job.state].lower()}.", "wizard:workload", ready=False
        )
    if trace.is_summary:
        text = f"{trace.name}: figures only; generate a workload that matches them."
        return SummaryRow("Workload", text, "wizard:workload", ready=False)
    figures = f"{count(profile['operations'])} operations over {duration(float(profile['duration_s']))}"
    return SummaryRow("Workload", f"{trace.name}: {figures}.", "wizard:workload")


def _measurement(estimate: Estimate) -> SummaryRow:
    run = estimate.run
    if run is None:
        return SummaryRow("Measure", "No run started yet.", "wizard:measure", ready=False)
    if run.measurement is None:
        return SummaryRow("Measure", f"The run: {STATES[run.job.state].lower()}.", "wizard:measure", ready=False)
    found = run.measurement
    engine = f"{found['engine']['name']} {found['engine']['version']} ({found['engine']['allocator']})"
    memory = size(found["memory"]["used_bytes"])
    text = f"{engine}, {counted(run.shards, 'shard')} with {counted(run.replicas, 'replica')} each, {memory} in use."
    return SummaryRow("Measure", text, "wizard:measure")


def _elsewhere(estimate: Estimate) -> tuple[SummaryRow, ...]:
    there = estimate.external
    if there is None:
        return ()
    if there.measurement is None:
        text = f"{there.url}: {STATES[there.job.state].lower()}. Until it has measured, latency is this machine's."
    else:
        text = f"Latency of {there.url} (measured there); memory, data written and CPU of the run on this machine."
    return (SummaryRow("Your cluster", text, "wizard:elsewhere"),)


def _scale(answers: Answers) -> SummaryRow:
    text = (
        f"Recorded at {'the peak' if answers.recording_is == 'peak' else 'an average time'}, "
        f"{share(answers.traffic_share)} of the traffic; peak {answers.peak_to_average:g} × average; "
        f"growth {share(answers.growth_per_month)} a month over {answers.horizon_months} months."
    )
    return SummaryRow("Scale", text, "wizard:scale")


def _compare(answers: Answers) -> SummaryRow:
    names = "; ".join(designs.title(design) for design in answers.designs)
    term = TERMS[answers.term].title
    text = f"{answers.region}, {term}, {counted(answers.replicas, 'replica')} per shard: {names}."
    return SummaryRow("Compare", text, "wizard:compare")


def _whole(value: Any, default: int) -> int:
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return default


def _positive(value: Any) -> float:
    try:
        return max(0.01, float(value))
    except (TypeError, ValueError):
        return 1.0
