"""Turns what a run left when it was ended into its partial result. Needs no server, and no word of the player: its record
stands in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import weather
from engine.measurement import EngineIdentity, Series, Topology
from engine.partial import Partial, PartialMemory, PartialOperations, PartialWritten
from engine.plain import from_plain
from engine.replay import pacer
from engine.replay.collecting import RunFacts, series
from engine.replay.latencies import latencies
from engine.replay.plan import PlanFiles
from engine.replay.probe import MemoryState
from engine.replay.records import RecordFile
from engine.replay.replication_stream import Span, StreamCount, count_until
from engine.replay.replication_tap import TapFiles
from engine.replay.silence import by_shard, silences
from engine.slots import slot_ranges
from engine.stats import summary
from engine.weather import Incident


def collect_partial(folder: Path, run: RunFacts, so_far: Mapping[str, Any]) -> Partial:
    """`so_far` is what the live part of the run had when it ended (see `replay/live.py`)."""
    files, closed = PlanFiles(folder), run.depth is not None
    recorded = RecordFile(files, closed) if so_far["replaying"] and files.records.exists() else None
    outcome = so_far["outcome"]
    reached_ns = _reached_ns(recorded, outcome)
    return Partial(
        engine=EngineIdentity(run.engine.name, run.engine.version, run.engine.allocator),
        topology=Topology(run.shards, run.replicas),
        mode=run.mode,
        speed=run.facts.speed,
        incidents=_incidents(run, so_far, recorded, reached_ns),
        phase=so_far["phase"],
        recorded_s=run.facts.duration_ns / 1e9,
        replayed_s=None if reached_ns is None else reached_ns / 1e9,
        operations=_operations(files, recorded, outcome),
        latency_us={} if recorded is None else latencies(recorded, run.facts),
        series=Series() if recorded is None else series(recorded, reached_ns or 0, so_far["used_bytes"]),
        memory=_memory(so_far),
        data_written=_data_written(folder, so_far),
        trace_sha256=run.header.source_sha256,
        trace_format=run.header.format,
    )


def _incidents(
    run: RunFacts, so_far: Mapping[str, Any], recorded: RecordFile | None, reached_ns: int | None
) -> tuple[Incident, ...]:
    """As noticed live; when a node went silent for ever, the record knows since when."""
    *survived, ended_by = (from_plain(Incident, each) for each in so_far["incidents"])
    if recorded is None or not reached_ns:
        return (*survived, ended_by)
    for each in silences(by_shard(recorded, slot_ranges(run.shards)), end_ns=reached_ns):
        begin_s, lasted_s = each.begin_ns / 1e9, (each.end_ns - each.begin_ns) / 1e9
        if each.ended:
            survived.append(weather.slow_node(weather.node("primary", each.shard), begin_s, lasted_s))
        elif ended_by.kind == weather.SLOW_NODE:
            ended_by = weather.given_up(weather.node("primary", each.shard), begin_s, lasted_s)
    return (*survived, ended_by)


def _reached_ns(recorded: RecordFile | None, outcome: Mapping[str, Any] | None) -> int | None:
    if outcome is not None:
        return int(outcome["ended_ns"])
    if recorded is None:
        return None
    return max((int(max(block.sent_ns.max(), block.done_ns.max())) for block in recorded.blocks()), default=0)


def _operations(files: PlanFiles, recorded: RecordFile | None, outcome: Mapping[str, Any] | None) -> PartialOperations:
    planned = sum(int(block["operations"].sum()) for block in files.blocks())
    if recorded is None:
        return PartialOperations(planned, 0, 0, {}, 0, 0)
    late = summary.late(recorded, pacer.LATE_AFTER_NS)
    if outcome is not None:
        return PartialOperations(
            planned, outcome["sent"], outcome["ok"], dict(outcome["errors"]), outcome["unanswered"], late
        )
    sent = answered = 0
    for block in recorded.blocks():
        sent += int(block.index["operations"][block.sent_ns > 0].sum())
        answered += int(block.index["operations"][block.done_ns > 0].sum())
    return PartialOperations(planned, sent, answered, {}, sent - answered, late)


def _memory(so_far: Mapping[str, Any]) -> PartialMemory | None:
    readings, used = so_far["keyspace_series"], [each for each in so_far["used_bytes"] if each is not None]
    if not readings or not used:
        return None
    empty = sum(MemoryState(**each).settled for each in so_far["empty"])
    keys, settled = readings[-1]
    return PartialMemory(used_bytes=used[-1], keyspace_bytes=max(settled - empty, 0), keys=keys)


def _data_written(folder: Path, so_far: Mapping[str, Any]) -> PartialWritten | None:
    taps = [TapFiles(folder, shard) for shard in range(len(so_far["bases"] or ()))]
    if not so_far["first_offsets"] or not taps or not all(each.times.exists() for each in taps):
        return None
    outcome = so_far["outcome"]
    started = outcome["started_clock_ns"] if outcome is not None else 0
    counted = [
        count_until(tap, Span(base, first, base + tap.stream.stat().st_size, started))
        for tap, base, first in zip(taps, so_far["bases"], so_far["first_offsets"], strict=True)
    ]
    return PartialWritten(
        bytes=sum(each.workload_bytes for each in counted),
        protocol_bytes=sum(each.protocol_bytes for each in counted),
        commands=sum(each.commands for each in counted),
        by_command=_added([each.by_command for each in counted]),
        by_family=_added([each.by_family for each in counted]),
        per_second=_seconds(counted) if started else (),
    )


def _added(counters: Sequence[Counter[str]]) -> dict[str, int]:
    return dict(sum(counters, Counter[str]()).most_common())


def _seconds(counted: Sequence[StreamCount]) -> tuple[int, ...]:
    total = sum((each.per_second for each in counted), Counter[int]())
    return tuple(total[second] for second in range(max(total, default=-1) + 1))
