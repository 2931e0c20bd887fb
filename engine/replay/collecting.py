"""Turns what a run left (plan, record, tapped streams, INFO figures) into its Measurement. Needs no server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cluster.binaries import Engine
from engine.measurement import (
    Calibration,
    Cpu,
    DataWritten,
    EngineIdentity,
    LoadSource,
    Measurement,
    Network,
    Operations,
    Plateau,
    Series,
    ShardDataWritten,
    SlotLoad,
    Snapshot,
    Throughput,
    Topology,
    Validity,
)
from engine.plain import from_plain
from engine.ramp.model import Ramp
from engine.replay import pacer, probe, splitting
from engine.replay.collecting_memory import collect_memory
from engine.replay.committing import commit_notes, commit_of, own_late, with_held
from engine.replay.incidents import incidents_of, judged, notes
from engine.replay.latencies import by_class, latencies
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.probe import CommandTime
from engine.replay.records import RecordFile
from engine.replay.replication_stream import Span, StreamCount, count_stream
from engine.replay.replication_tap import TapFiles
from engine.stats import summary
from engine.stats.seconds import per_second
from engine.stats.summary import Recorded
from engine.traces.model import TraceHeader


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a measurement says besides what was measured live."""

    engine: Engine
    shards: int
    replicas: int
    mode: str
    header: TraceHeader
    facts: PlanFacts
    calibration: Calibration
    assumptions: tuple[str, ...]
    depth: int | None = None
    plateau: Plateau | None = None


def collect(folder: Path, run: RunFacts, live: Mapping[str, Any]) -> Measurement:
    """The measurement of a finished replay. Raises HeadroomError when the tapped bytes do not equal the offsets' growth."""
    files = PlanFiles(folder)
    closed = run.depth is not None
    recorded = RecordFile(files, closed)
    outcome = live["outcome"]
    late = summary.late(recorded, pacer.LATE_AFTER_NS)
    recorded_ns = 0 if closed else run.facts.duration_ns
    duration_ns = max(recorded_ns, outcome["ended_ns"]) if run.facts.units else 0
    incidents = incidents_of(live, recorded, shards=run.shards, speed=run.facts.speed)
    return Measurement(
        engine=EngineIdentity(run.engine.name, run.engine.version, run.engine.allocator),
        topology=Topology(run.shards, run.replicas),
        mode=run.mode,
        speed=run.facts.speed,
        operations=operations_of(run.facts, outcome, late),
        valid_for_latency=_closed_loop() if closed else judged(_validity(run, late, outcome), incidents),
        latency_us=latencies(recorded, run.facts),
        memory=collect_memory(live, run.engine, run.plateau),
        data_written=_data_written(folder, live, duration_ns),
        cpu=_cpu(live, run.calibration, outcome["sent"]),
        network=Network(bytes_in=outcome["bytes_in"], bytes_out=outcome["bytes_out"]),
        snapshot=from_plain(Snapshot, live["snapshot"]),
        duration_s=(outcome["ended_ns"] if closed else run.facts.duration_ns) / 1e9,
        trace_sha256=run.header.source_sha256,
        trace_format=run.header.format,
        operations_by_class=by_class(files, run.facts),
        slot_load=SlotLoad(run.facts.hottest_slot_share, run.facts.hottest_key_share, run.facts.hottest_slot),
        series=series(recorded, duration_ns, live["used_bytes"]),
        assumptions=(
            *run.facts.notes,
            *run.assumptions,
            *loading_notes(live["loading_errors"]),
            *splitting.assumptions(len(outcome.get("sources", ()))),
            *commit_notes(run.mode, run.facts, outcome),
            *notes(incidents),
        ),
        throughput=_throughput(run.depth, outcome),
        incidents=incidents,
        sources=tuple(LoadSource(**each) for each in outcome.get("sources", ())),
        ramp=None if live.get("ramp") is None else from_plain(Ramp, live["ramp"]),
        commit=commit_of(live),
    )


def _validity(run: RunFacts, late: int, outcome: Mapping[str, Any]) -> Validity:
    found = validity(run.facts.units, own_late(run.mode, late, outcome), outcome)
    return with_held(found, run.mode, outcome)


def _closed_loop() -> Validity:
    return Validity(
        False,
        "Closed loop: the times are service times at full load, not what a client sees at the recorded pace.",
    )


def _throughput(depth: int | None, outcome: Mapping[str, Any]) -> Throughput | None:
    if depth is None or not outcome["ok"]:
        return None
    return Throughput(
        operations_per_s=outcome["ok"] / (outcome["ended_ns"] / 1e9),
        depth=depth,
        connections=outcome["connections"],
        client_us_per_op=outcome["client_cpu_ns"] / 1e3 / outcome["ok"],
    )


def validity(units: int, late: int, outcome: Mapping[str, Any]) -> Validity:
    """Latency may be trusted when at most 1 % of the operations were sent over 1 ms late and none was dropped."""
    if not units:
        return Validity(False, "No operation was replayed, so there is nothing to time.")
    if outcome["dropped"]:
        return Validity(False, f"{outcome['dropped']:,} operations were dropped: the player could not keep up.")
    share = late / units
    if share > pacer.LATE_SHARE_ALLOWED:
        return Validity(
            False,
            f"{share:.1%} of the operations were sent more than 1 ms after they were due (at most 1 % is allowed): "
            "this machine could not keep the recorded pace. Memory and data written are not affected.",
        )
    return Validity(
        True, f"{share:.2%} of the operations were sent more than 1 ms after they were due; none was dropped."
    )


def operations_of(facts: PlanFacts, outcome: Mapping[str, Any], late: int) -> Operations:
    """What became of the plan's operations."""
    return Operations(
        recorded=facts.operations,
        sent=outcome["sent"],
        ok=outcome["ok"],
        errors=dict(outcome["errors"]),
        not_replayed=dict(facts.not_replayed),
        late=late,
        dropped=outcome["dropped"],
        redirected=outcome["redirected"],
        unanswered=outcome["unanswered"],
        aborted_transactions=outcome.get("aborted"),
        messages=outcome.get("messages"),
        message_bytes=outcome.get("message_bytes"),
        tried_again=outcome.get("tried_again"),
    )


# -- data written ----------------------------------------------------------------------------------------------------


def _data_written(folder: Path, live: Mapping[str, Any], duration_ns: int) -> DataWritten:
    started = live["outcome"]["started_clock_ns"]
    offsets = list(zip(live["bases"], live["first_offsets"], live["last_offsets"], strict=True))
    counted = [
        count_stream(TapFiles(folder, shard), Span(base, first, last, started))
        for shard, (base, first, last) in enumerate(offsets)
    ]
    per_second = _seconds(counted, duration_ns)
    total = sum(each.workload_bytes for each in counted)
    mean = total / (duration_ns / 1e9) if duration_ns else float(total)
    return DataWritten(
        bytes=total,
        protocol_bytes=sum(each.protocol_bytes for each in counted),
        offset_growth_bytes=sum(last - first for _, first, last in offsets),
        commands=sum(each.commands for each in counted),
        bytes_per_s_mean=mean,
        bytes_per_s_peak=max(mean, *map(float, per_second)),  # a replay shorter than a second has only its mean
        by_command=_added(each.by_command for each in counted),
        by_family=_added(each.by_family for each in counted),
        protocol_by_command=_added(each.protocol_by_command for each in counted),
        per_second=per_second,
        shards=tuple(
            ShardDataWritten(shard, each.workload_bytes, each.protocol_bytes, last - first)
            for shard, (each, (_, first, last)) in enumerate(zip(counted, offsets, strict=True))
        ),
        bytes_peak_10ms=max(each.burst_bytes for each in counted),
    )


def _seconds(counted: Sequence[StreamCount], duration_ns: int) -> tuple[int, ...]:
    total = sum((each.per_second for each in counted), Counter[int]())
    # What streams in after the last operation (expiry while settling) stands in the seconds it came.
    seconds = max(int(-(-duration_ns // 1_000_000_000)), max(total, default=0) + 1, 1)
    return tuple(total[second] for second in range(seconds))


def _added(counters: Any) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return dict(total.most_common())


# -- CPU and series --------------------------------------------------------------------------------------------------


def _cpu(live: Mapping[str, Any], calibration: Calibration, sent: int) -> Cpu:
    times = {cmd: CommandTime(**value) for cmd, value in live["command_times"].items()}
    read_calls, read_us = probe.execution_us(times, write=False)
    write_calls, write_us = probe.execution_us(times, write=True)
    classes = {
        "all": (read_calls + write_calls, read_us + write_us),
        "read": (read_calls, read_us),
        "write": (write_calls, write_us),
    }
    spent = live["main_thread_us"]
    return Cpu(
        us_per_op={name: us / calls + calibration.overhead_us for name, (calls, us) in classes.items() if calls},
        calibration_us_per_op=(calibration.get_us + calibration.set_us) / 2,
        calibration=calibration,
        main_thread_us_per_op=spent / sent if spent is not None and sent else None,
        us_per_command={
            cmd: time.usec / time.calls + calibration.overhead_us for cmd, time in sorted(times.items()) if time.calls
        },
    )


def series(recorded: Recorded, duration_ns: int, used_bytes: Sequence[int | None]) -> Series:
    """One point per second of the replay."""
    seconds = per_second(recorded, duration_ns)
    known: list[int | None] = [*used_bytes[: len(seconds)]]
    known += [None] * (len(seconds) - len(known))
    return Series(
        operations=tuple(each.operations for each in seconds),
        response_p50_us=tuple(each.response_p50_us for each in seconds),
        response_p99_us=tuple(each.response_p99_us for each in seconds),
        used_bytes=tuple(known),
    )


def loading_notes(errors: Mapping[str, int]) -> tuple[str, ...]:
    """What to say of standing keys that could not be made."""
    if not errors:
        return ()
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(errors.items()))
    return (f"The engine refused some commands that create standing keys ({kinds}).",)
