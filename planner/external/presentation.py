"""What the page of a run on somebody's own cluster shows: phases, what was found and measured, and what was not, with why and
what stands in its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.external_gaps import Gaps
from engine.external_measurement import ExternalMeasurement
from engine.measurement import Measurement
from planner.external.models import ExternalRun
from planner.jobs.models import Job
from planner.jobs.wording import phase_title
from planner.reports import charts
from planner.reports.charts import Chart
from planner.reports.wording import count, latency, size
from planner.runs import live
from planner.runs.live import Sparkline
from planner.runs.presentation import Step

DERIVED = "derived"
PHASES = ("plan", "connect", "look", "prepare", "replay", "measure", "clean up", "written")
_TITLES = {
    "data_written": ("Data written", "PSYNC"),
    "snapshot": ("Snapshot", "BGSAVE"),
    "us_per_op": ("CPU at saturation", "full load"),
    "families": ("Memory by key family", "MEMORY USAGE"),
    "memory": ("Growth of memory", "INFO memory"),
    "replication_growth_bytes": ("Growth of replication", "INFO replication"),
    "execution_us": ("Execution time by command", "INFO commandstats"),
    "main_thread_us_per_op": ("CPU of this replay", "INFO cpu"),
    "engine": ("Engine and version", "INFO server"),
}
MOST_COMMANDS = 12
_CUT_SHORT = ("prepare", "replay", "measure", "written")


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that was not measured there. `needs`: what it would have taken. `instead`: what stands in its place, with its
    `tag`; both empty when nothing does."""

    title: str
    needs: str
    reason: str
    instead: str = ""
    tag: str = ""
    source: str = ""


def steps(run: ExternalRun) -> tuple[Step, ...]:
    """Every phase in order."""
    job = run.job
    if job.state == Job.State.DONE:
        return tuple(Step(phase_title(name), "done") for name in PHASES)
    if job.phase == "clean up" and (job.is_over or job.cancel_requested):  # how far it came before is not known here
        last = "done" if job.is_over else "now"
        left = (name for name in PHASES if name not in _CUT_SHORT)
        return tuple(Step(phase_title(name), last if name == "clean up" else "done") for name in left)
    here = PHASES.index(job.phase) if job.phase in PHASES else -1
    return tuple(Step(phase_title(name), _state(index, here, job)) for index, name in enumerate(PHASES))


def sparklines(run: ExternalRun) -> tuple[tuple[str, str, Sparkline], ...]:
    """`(label, kind, line)` of the gauges noted so far."""
    noted = live.history(run.live_path)
    wanted = (("Throughput", "rate", "ops_per_s"), ("Response p99", "latency", "response_p99_us"))
    lines = ((label, kind, live.sparkline(name, noted[name])) for label, kind, name in wanted)
    return tuple((label, kind, line) for label, kind, line in lines if line is not None)


def missing(found: ExternalMeasurement, gaps: Gaps | None, local: Measurement | None = None) -> tuple[Missing, ...]:
    """Everything that was not measured, in the order of `_TITLES`, with what stands in its place: what a run of the same
    recording here measured (`local`), else what the recording alone tells."""
    reasons = found.not_measured
    rows = []
    for name, (title, needs) in _TITLES.items():
        if name in reasons:
            here = _from_here(name, local) if local is not None else ""
            stands = (here, DERIVED, _source(local)) if here and local is not None else _instead(name, gaps)
            rows.append(Missing(title, needs, reasons[name], *stands))
    return tuple(rows)


def execution_rows(found: ExternalMeasurement) -> tuple[tuple[str, str], ...]:
    """Mean execution time of the commands that were called most."""
    times = found.execution_us or {}
    return tuple((name, latency(us)) for name, us in list(times.items())[:MOST_COMMANDS])


def measurement_charts(found: ExternalMeasurement) -> tuple[Chart, ...]:
    """What can be drawn of it."""
    return (charts.latency_chart(found), charts.latency_over_time(found), charts.throughput_over_time(found))


def _from_here(name: str, local: Measurement) -> str:
    memory, written, snapshot = local.memory, local.data_written, local.snapshot
    keyspace = f"{size(memory.keyspace_bytes)} for {count(memory.keys)} keys"
    texts = {
        "data_written": f"{count(written.bytes)} bytes, busiest second {size(written.bytes_per_s_peak)}",
        "snapshot": f"{size(snapshot.bytes)}",
        "us_per_op": f"{latency(local.cpu.us_per_op.get('all'))} an operation",
        "families": f"{keyspace}, key families: {len(memory.families)}",
        "memory": keyspace,
    }
    return texts.get(name, "")


def _source(local: Measurement | None) -> str:
    engine = local.engine if local is not None else None
    return f"the run of this recording on this machine, {engine.name} {engine.version}" if engine else ""


def _instead(name: str, gaps: Gaps | None) -> tuple[str, str, str]:
    written = gaps.data_written if gaps is not None else None
    memory = gaps.memory if gaps is not None else None
    if name == "data_written" and written is not None:
        peak = f"busiest second {size(written.peak_bytes_per_s)}, busiest 10 ms {size(written.peak_10ms_bytes)}"
        text = f"{count(written.bytes)} bytes, {size(written.bytes_per_s_mean)} a second on average, {peak}"
        return text, written.tag, f"{written.source}, in the words of {written.engine}, keys named as recorded"
    if name == "families" and memory is not None:
        return f"at most about {size(memory.bytes)} for {count(memory.keys)} keys", memory.tag, memory.source
    return "", "", ""


def _state(index: int, here: int, job: Job) -> str:
    if index < here:
        return "done"
    if index > here:
        return "todo"
    return "now" if job.state == Job.State.RUNNING else "stopped"
