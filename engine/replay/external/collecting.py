"""Turns what a replay on somebody else's cluster left into its measurement, with reasons for what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.external_measurement import ExternalMeasurement, ExternalMemory, ExternalTopology
from engine.measurement import LoadSource, Network, SlotLoad, Validity
from engine.replay import collecting, pacer, splitting
from engine.replay.external import observing
from engine.replay.external.live import Live
from engine.replay.latencies import by_class, latencies
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.records import RecordFile
from engine.stats import summary
from engine.traces.model import TraceHeader

_NO_STREAM = (
    "The replication stream is read with PSYNC, which is administration and is not sent to somebody else's cluster; managed "
    "services refuse it as well. A replay on a cluster of our own measures it to the byte."
)
_NO_OFFSET = (
    "The server's INFO tells no master_repl_offset, or it stood still: it grows only where a replica is attached."
)
_NO_SNAPSHOT = "A snapshot needs BGSAVE, which is administration and is not sent to somebody else's cluster."
_NO_CALIBRATION = (
    "CPU per operation at saturation needs a calibration at full load, which somebody else's cluster is spared."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a measurement says besides what was found live."""

    target: str
    prefix: str
    topology: ExternalTopology
    header: TraceHeader
    facts: PlanFacts
    per_s: float
    assumptions: tuple[str, ...]


def collect(folder: Path, run: Facts, live: Live) -> ExternalMeasurement:
    """The measurement of a finished replay."""
    files, outcome, facts = PlanFiles(folder), live.outcome, run.facts
    recorded = RecordFile(files)
    late = summary.late(recorded, pacer.LATE_AFTER_NS)
    duration_ns = max(facts.duration_ns, outcome["ended_ns"]) if facts.units else 0
    memory = _memory(live)
    growth = _growth([each.offset for each in live.before], [each.offset for each in live.after])
    spent = _spent(live)
    executed = observing.execution_us(live.before, live.after)
    stopped = outcome["stopped"] or ("the servers refused writes (OOM)" if outcome["out_of_memory"] else "")
    missing = {
        "data_written": _NO_STREAM,
        "snapshot": _NO_SNAPSHOT,
        "us_per_op": _NO_CALIBRATION,
        "memory": None
        if memory
        else "A server's INFO tells no used_memory, this user may not ask, or a server was lost.",
        "families": None if live.families is not None else "The server refuses MEMORY USAGE to this user, or was lost.",
        "replication_growth_bytes": None if growth is not None else _NO_OFFSET,
        "execution_us": None
        if executed is not None
        else "The server's INFO tells no commandstats, or a server was lost.",
        "main_thread_us_per_op": None
        if spent is not None
        else "The server's INFO tells no CPU time of its main thread, or a server was lost.",
        "engine": None if live.engine else "The server's INFO tells no version.",
    }
    return ExternalMeasurement(
        target=run.target,
        prefix=run.prefix,
        engine=live.engine,
        topology=run.topology,
        speed=facts.speed,
        most_per_s=run.per_s,
        operations=collecting.operations_of(facts, outcome, late),
        stopped=stopped,
        valid_for_latency=_validity(stopped, facts.units, late, outcome),
        latency_us=latencies(recorded, facts),
        memory=memory,
        families=live.families,
        replication_growth_bytes=growth,
        execution_us=executed,
        main_thread_us_per_op=spent / outcome["sent"] if spent is not None and outcome["sent"] else None,
        network=Network(bytes_in=outcome["bytes_in"], bytes_out=outcome["bytes_out"]),
        duration_s=facts.duration_ns / 1e9,
        trace_sha256=run.header.source_sha256,
        trace_format=run.header.format,
        operations_by_class=by_class(files, facts),
        slot_load=SlotLoad(facts.hottest_slot_share, facts.hottest_key_share, facts.hottest_slot),
        series=collecting.series(recorded, duration_ns, ()),
        removed_keys=live.removed_keys,
        left_behind=live.left_behind,
        not_measured={name: reason for name, reason in missing.items() if reason is not None},
        assumptions=(
            *facts.notes,
            *run.assumptions,
            *collecting.loading_notes(live.loading_errors),
            *_shared(live),
            *splitting.assumptions(len(outcome.get("sources", ()))),
        ),
        sources=tuple(LoadSource(**each) for each in outcome.get("sources", ())),
    )


def _validity(stopped: str, units: int, late: int, outcome: Mapping[str, Any]) -> Validity:
    """Of a replay that ended early the figures are of its beginning."""
    if stopped:
        return Validity(False, f"The replay ended early: {stopped}. Latencies are of what was answered until then.")
    return collecting.validity(units, late, outcome)


def _memory(live: Live) -> ExternalMemory | None:
    before = observing.total([each.used_bytes for each in live.empty])
    after = observing.total([each.used_bytes for each in live.after])
    if before is None or after is None or live.own_keys is None:
        return None
    others = observing.total([each.keys for each in live.empty])
    return ExternalMemory(before, after, after - before, live.own_keys, others, live.prefix_bytes)


def _growth(before: list[int | None], after: list[int | None]) -> int | None:
    first, last = observing.total(before), observing.total(after)
    return None if first is None or last is None or last == first else last - first


def _spent(live: Live) -> float | None:
    pairs = [(first.main_thread_us, last.main_thread_us) for first, last in zip(live.before, live.after, strict=True)]
    return (
        sum(last - first for first, last in pairs if first is not None and last is not None) if _whole(pairs) else None
    )


def _whole(pairs: list[tuple[float | None, float | None]]) -> bool:
    return all(each is not None for pair in pairs for each in pair)


def _shared(live: Live) -> tuple[str, ...]:
    """What others' keys and clients do to the figures."""
    others = observing.total([each.keys for each in live.empty])
    if others == 0:
        return (
            "The cluster held no other key. Growth of memory and replication still counts whatever others did there.",
        )
    known = "An unknown number of" if others is None else f"{others:,}"
    return (
        f"{known} keys of others stood in the cluster: growth of memory and replication, execution times and CPU hold what "
        "others did at the same time; latency was measured under their load.",
    )
