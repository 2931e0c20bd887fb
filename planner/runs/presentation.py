"""What the run page shows: the phases with their state, the live lines, and the measurement in tables and charts."""

from __future__ import annotations

from dataclasses import dataclass

from engine.external_measurement import Timed
from engine.measurement import Measurement, Quantiles
from engine.partial import Partial
from planner.jobs.models import Job
from planner.jobs.wording import phase_title
from planner.reports import charts, facts_ramp
from planner.reports.charts import Chart
from planner.reports.facts import Facts
from planner.reports.facts_snapshot import PUBLISHED, snapshot_facts
from planner.reports.ramp_chart import ramp_chart
from planner.reports.wording import rate
from planner.runs import live
from planner.runs.live import Sparkline
from planner.runs.models import Run

PHASES = ("plan", "calibrate", "boot", "prepare", "replay", "settle", "snapshot", "ramp", "collect")
READING = "read"
CLASSES = ("all", "read", "write")
STATE_WORDS = {"done": "done", "now": "in progress", "todo": "to do", "stopped": "stopped here"}


@dataclass(frozen=True, slots=True)
class Step:
    """One phase: its title and whether it is `done`, `now`, `stopped` or `todo`."""

    title: str
    state: str

    @property
    def words(self) -> str:
        """The state in words, for those who do not see the tick."""
        return STATE_WORDS[self.state]


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """One class or command: response and service quantiles in µs."""

    name: str
    response: Quantiles
    service: Quantiles


@dataclass(frozen=True, slots=True)
class LatencyTables:
    """The rows of the classes and those of the commands."""

    classes: tuple[LatencyRow, ...]
    commands: tuple[LatencyRow, ...]


@dataclass(frozen=True, slots=True)
class RampView:
    """A ramp in words, with its chart."""

    knee: str
    broken: str
    objective: str
    limited_by: str
    reason: str
    chart: Chart
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """Latency while snapshots are written, and what was published about it."""

    facts: Facts
    published: str


def snapshot_view(measurement: Measurement) -> SnapshotView:
    """The card of snapshots."""
    return SnapshotView(snapshot_facts(measurement), PUBLISHED)


def keys_share(run: Run) -> float:
    """Of all keys, those that the recording holds."""
    return float((run.trace.header or {}).get("key_sampling", 1.0))


def steps(run: Run) -> tuple[Step, ...]:
    """Every phase of the run in order, the reading of the recording first."""
    reading = Step(phase_title(READING), "done" if run.trace.is_ready else "now")
    phases = tuple(name for name in PHASES if name != "ramp" or run.ramp is not None)
    if run.job.state == Job.State.DONE:
        return (reading, *(Step(phase_title(name), "done") for name in phases))
    here = phases.index(run.job.phase) if run.job.phase in phases else -1
    return (reading, *(Step(phase_title(name), _state(index, here, run.job)) for index, name in enumerate(phases)))


def sparklines(run: Run) -> tuple[tuple[str, str, Sparkline], ...]:
    """`(label, kind, line)` of the gauges noted so far; kind is `rate`, `latency` or `bytes`."""
    noted = live.history(run.live_path)
    wanted = (
        ("Throughput", "rate", "ops_per_s"),
        ("Response p99", "latency", "response_p99_us"),
        ("Memory in use", "bytes", "used_bytes"),
    )
    lines = ((label, kind, live.sparkline(name, noted[name])) for label, kind, name in wanted)
    return tuple((label, kind, line) for label, kind, line in lines if line is not None)


def latency_tables(measurement: Timed | Partial) -> LatencyTables:
    """All, reads and writes; then the commands by how often they were called. Only what was answered."""
    known = measurement.latency_us
    rows = {name: LatencyRow(name, item.response, item.service) for name, item in known.items() if item.response.count}
    commands = sorted((row for name, row in rows.items() if name not in CLASSES), key=lambda row: -row.response.count)
    return LatencyTables(tuple(rows[name] for name in CLASSES if name in rows), tuple(commands))


def accounts_for_growth(measurement: Measurement) -> bool:
    """Whether workload and protocol bytes are exactly what the replication offsets grew by."""
    written = measurement.data_written
    return written.bytes + written.protocol_bytes == written.offset_growth_bytes


def ramp(measurement: Measurement) -> RampView | None:
    """The ramp as the page shows it; None without one."""
    found = measurement.ramp
    if found is None:
        return None
    return RampView(
        knee="none" if found.knee_ops_per_s is None else facts_ramp.knee_words(found),
        broken=rate(found.knee_high_ops_per_s),
        objective=facts_ramp.objective_words(found),
        limited_by=facts_ramp.limited_words(found),
        reason=found.reason,
        chart=ramp_chart(found),
        notes=found.notes,
    )


def measurement_charts(measurement: Measurement) -> tuple[Chart, ...]:
    """Every chart of a measurement."""
    return (
        charts.latency_chart(measurement),
        charts.latency_over_time(measurement),
        charts.throughput_over_time(measurement),
        charts.memory_chart(measurement),
        charts.memory_by_family(measurement),
        charts.data_written_chart(measurement),
        charts.data_written_rate_chart(measurement),
    )


def _state(index: int, here: int, job: Job) -> str:
    if index < here:
        return "done"
    if index > here:
        return "todo"
    return "now" if job.state == Job.State.RUNNING else "stopped"
