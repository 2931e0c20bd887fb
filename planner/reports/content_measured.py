"""The measured part of the printed estimate: engine, replay, latency, memory, data written, CPU, network, snapshot."""

from __future__ import annotations

from typing import Any

from engine.measurement import Measurement
from engine.ramp.model import Ramp
from planner.reports.document import EstimateDocument
from planner.reports.facts_measured import latency_facts, memory_by_family_facts, written_by
from planner.reports.facts_memory import encodings_facts, memory_view
from planner.reports.facts_ramp import knee_words, limited_words, objective_words, ramp_facts
from planner.reports.facts_snapshot import PUBLISHED, snapshot_facts
from planner.reports.facts_written import written_findings
from planner.reports.wording import count, counted, duration, joined, rate, share, significant, size

Pairs = list[list[str]]


def keys_share(document: EstimateDocument) -> float:
    """Of all keys of the real workload, those that were measured."""
    return document.header.key_sampling * document.result.answers.traffic_share


def measured(measurement: Measurement, keys_measured: float = 1.0) -> dict[str, Any]:
    """Tables of a run, cells formatted. `keys_measured`: of all keys, those in the recording."""
    latency = latency_facts(measurement)
    families, encodings = memory_by_family_facts(measurement), encodings_facts(measurement)
    return {
        "run": _run(measurement),
        "operations": _operations(measurement),
        "latency": _table(latency.columns, latency.rows),
        "latency_summary": latency.summary,
        "valid": measurement.valid_for_latency.ok,
        "memory": _memory(measurement),
        "families": _table(families.columns, families.rows),
        "written": _written(measurement),
        "written_equality": _equality(measurement),
        "by_command": [[name, size(number)] for name, number in written_by(measurement)[0][1]],
        "resources": _resources(measurement),
        "ramp": _ramp(measurement),
        "ramp_steps": _ramp_steps(measurement),
        "snapshot": _snapshot(measurement),
        "memory_findings": _findings(measurement, keys_measured),
        "written_findings": [[item.name, item.value, item.tag, item.words] for item in written_findings(measurement)],
        "encodings": _table(encodings.columns, encodings.rows),
    }


def _findings(measurement: Measurement, keys_measured: float) -> list[list[str]]:
    view = memory_view(measurement, keys_measured)
    return [[item.name, item.value, item.tag, item.words] for item in (*view.findings, *view.lines)]


def _snapshot(measurement: Measurement) -> dict[str, Any]:
    facts = snapshot_facts(measurement)
    return {**_table(facts.columns, facts.rows), "title": facts.title, "summary": facts.summary, "published": PUBLISHED}


def _ramp(measurement: Measurement) -> Pairs:
    """The knee; nothing without a ramp."""
    ramp = measurement.ramp
    if ramp is None:
        return []
    return [
        ["Highest rate", f"{_knee(ramp)} (measured)"],
        ["Objective", objective_words(ramp)],
        ["Limited by", f"{limited_words(ramp)}. {ramp.reason}"],
        *([["How", " ".join(ramp.notes)]] if ramp.notes else []),
    ]


def _knee(ramp: Ramp) -> str:
    high = ramp.knee_high_ops_per_s
    if ramp.knee_ops_per_s is None:
        return "none that was tried held" + ("" if high is None else f"; the lowest that broke was {rate(high)}")
    return knee_words(ramp) + ("" if high is None else f", below {rate(high)}")


def _ramp_steps(measurement: Measurement) -> dict[str, Any]:
    """Every rate that was tried; no rows without a ramp."""
    steps = None if measurement.ramp is None else ramp_facts(measurement.ramp)
    return _table((), ()) if steps is None else _table(steps.columns, steps.rows)


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    return {"columns": list(columns), "rows": [list(row) for row in rows]}


def _run(measurement: Measurement) -> Pairs:
    engine, topology = measurement.engine, measurement.topology
    speed = "the recorded speed" if measurement.speed == 1 else f"{measurement.speed:g} times the recorded speed"
    shards = counted(topology.shards, "shard")
    return [
        ["Engine", f"{engine.name} {engine.version}, allocator {engine.allocator}"],
        ["Cluster", f"{shards}, {counted(topology.replicas, 'replica')} each, mode {measurement.mode}"],
        ["Replay", f"{duration(measurement.duration_s)} at {speed}"],
    ]


def _operations(measurement: Measurement) -> Pairs:
    operations = measurement.operations
    errors = tuple(f"{kind} {count(number)}" for kind, number in operations.errors.items())
    late = (
        f"{count(operations.late)} late, {count(operations.dropped)} dropped, {count(operations.redirected)} redirected"
    )
    return [
        [
            "Operations",
            f"{count(operations.recorded)} recorded, {count(operations.sent)} sent, {count(operations.ok)} ok",
        ],
        ["Timing", late],
        ["Errors, as replied", joined(errors) or "none"],
    ]


def _memory(measurement: Measurement) -> Pairs:
    memory = measurement.memory
    correction = memory.allocator_correction
    spread = f"{correction.low:g} to {correction.high:g}"
    per_key = f", {memory.bytes_per_key:,.0f} B a key" if memory.bytes_per_key is not None else ""
    return [
        [
            "Used by primaries",
            f"{size(memory.used_bytes)} (peak {size(memory.peak_bytes)}, resident {size(memory.rss_bytes)})",
        ],
        ["Dataset, overhead", f"{size(memory.dataset_bytes)}, {size(memory.overhead_bytes)}"],
        ["Grows with the keys", f"{size(memory.keyspace_bytes)} for {count(memory.keys)} keys{per_key}"],
        ["Allocator correction", f"x {correction.factor:g} ({spread}), {correction.tag}: {correction.source}"],
    ]


def _written(measurement: Measurement) -> Pairs:
    written = measurement.data_written
    return [
        ["Workload", f"{count(written.bytes)} bytes in {count(written.commands)} commands"],
        ["Mean, peak", f"{size(written.bytes_per_s_mean)}/s, {size(written.bytes_per_s_peak)}/s"],
    ]


def _equality(measurement: Measurement) -> str:
    written = measurement.data_written
    total = written.bytes + written.protocol_bytes
    sign = "=" if total == written.offset_growth_bytes else "≠"
    return (
        f"{count(written.bytes)} workload + {count(written.protocol_bytes)} protocol {sign} "
        f"{count(written.offset_growth_bytes)} bytes of replication offset growth"
    )


def _resources(measurement: Measurement) -> Pairs:
    cpu, network, snapshot, slots = measurement.cpu, measurement.network, measurement.snapshot, measurement.slot_load
    classes = tuple(f"{name} {significant(us)} µs" for name, us in cpu.us_per_op.items())
    used = f"; {significant(cpu.main_thread_us_per_op)} µs used in this replay" if cpu.main_thread_us_per_op else ""
    return [
        ["CPU per operation", f"{', '.join(classes)} at saturation{used}"],
        ["Calibration", f"GET {significant(cpu.calibration.get_us)} µs, SET {significant(cpu.calibration.set_us)} µs"],
        ["Client network", f"{size(network.bytes_in)} in, {size(network.bytes_out)} out"],
        ["Snapshot", f"{size(snapshot.bytes)} in {duration(snapshot.seconds)}, taken on a {snapshot.taken_on}"],
        ["Busiest slot, key", f"{share(slots.hottest_slot_share)}, {share(slots.hottest_key_share)} of operations"],
    ]
