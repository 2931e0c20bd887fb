"""What the memory of a run consists of and what it will become: types and encodings, everything besides keys, bytes per key,
steady state, and all keys from some. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.measurement import Measurement, Memory
from engine.memory.extrapolation import extrapolate
from engine.memory.plateau import REACHED
from planner.reports.facts import Facts
from planner.reports.facts_snapshot import headroom_bytes
from planner.reports.wording import count, duration, share, significant, size

_RANGE_ERRORS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found out about memory, with the tag of where it comes from."""

    name: str
    value: str
    tag: str
    words: str


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Everything said of memory beside the shards' own table."""

    findings: tuple[Finding, ...]
    lines: tuple[Finding, ...]
    encodings: Facts


def memory_view(measurement: Measurement, keys_share: float = 1.0) -> MemoryView:
    """`keys_share`: of all keys, those that were recorded."""
    return MemoryView(findings(measurement, keys_share), lines(measurement), encodings_facts(measurement))


def encodings_facts(measurement: Measurement) -> Facts:
    """Keys by type and encoding, the heaviest first."""
    title = "Memory by type and encoding"
    found = sorted(measurement.memory.encodings, key=lambda one: -one.bytes)
    if not found:
        return Facts(title, "Not measured in this run.")
    total = sum(one.bytes for one in found) or 1
    rows = tuple(
        (
            f"{one.type}, {one.encoding}",
            count(one.keys),
            size(one.bytes),
            share(one.bytes / total),
            size(one.bytes / one.keys if one.keys else None),
            count(one.sampled),
        )
        for one in found
    )
    summary = "As MEMORY USAGE and OBJECT ENCODING say of the keys weighed, scaled up to all; hash tables apart."
    return Facts(title, summary, ("Type, encoding", "Keys", "Memory", "Share", "Per key", "Weighed"), rows)


def lines(measurement: Measurement) -> tuple[Finding, ...]:
    """What the nodes hold, line by line, over all primaries: keys, then all that no key explains."""
    memory, found = measurement.memory, measurement.memory.lines
    tables = _tables(memory)
    rows = [
        _line("Keys with their values", memory.keyspace_bytes - tables, "what grows with the keys, hash tables apart")
    ]
    if memory.tables:
        words = "find the keys; worked out for this engine version and allocator, they grow in steps"
        rows.append(Finding("Hash tables", size(tables), "derived", words))
    if found is not None:
        times = significant(found.fragmentation_ratio)
        more = f"resident beyond used, {times} times; of small nodes mostly the program itself"
        rows += [
            _line("Client buffers", found.client_bytes, "when no client was connected but our own"),
            _line("Replication backlog", found.backlog_bytes, "a setting of the engine; the tap and replicas fill it"),
            _line("Replica buffers", found.replica_buffer_bytes, "what waits to be sent to replicas"),
            _line("Cluster links", found.cluster_link_bytes, "between the nodes"),
            _line("Fragmentation", found.fragmentation_bytes, more),
            _line("Replicas", found.replicas_used_bytes, "used by all replicas together: a whole copy each"),
        ]
    rows.append(
        _line("Copied by a quiet snapshot", measurement.snapshot.cow_bytes, "pages, all shards, with nobody writing")
    )
    words = "pages of one node at most; a node needs it free, and as much as all its data if all is rewritten meanwhile"
    rows.append(_line("Copied by one under load", headroom_bytes(measurement), words))
    return tuple(rows)


def _line(name: str, number: int | None, words: str) -> Finding:
    return Finding(name, size(number), "measured", words if number is not None else "not measured in this run")


def findings(measurement: Measurement, keys_share: float = 1.0) -> tuple[Finding, ...]:
    """Bytes per key, keys with a time to live, and all keys from the `keys_share` that were measured."""
    return (_per_key(measurement.memory), _steady_state(measurement.memory), _whole(measurement, keys_share))


def _per_key(memory: Memory) -> Finding:
    fit, name = memory.fit, "Each further key"
    if fit is None:
        return Finding(name, "not fitted", "measured", "The number of keys hardly moved, so no line goes through it.")
    error = fit.standard_error_bytes
    words = (
        f"Straight line through {count(fit.points)} seconds with {count(fit.fewest_keys)} to {count(fit.most_keys)} keys, "
        "hash tables left out; one standard error, which allows for seconds that resemble each other."
    )
    return Finding(name, f"{fit.bytes_per_key:,.0f} ± {error:,.0f} B", "measured", words)


def _steady_state(memory: Memory) -> Finding:
    plateau, name = memory.plateau, "Keys with a time to live"
    if plateau is None:
        return Finding(
            name, "none", "recorded", "No write of the recording sets one: keys stay until they are deleted."
        )
    watched, window = duration(plateau.recorded_s), duration(plateau.window_s)
    if plateau.state == REACHED:
        words = (
            f"Watched for {watched}, longer than the {window} after which nearly all are over: as many lapse as come."
        )
        return Finding(name, f"settled at {count(plateau.live_keys)}", "recorded", words)
    words = (
        f"{count(plateau.live_keys)} at the end of the recording, which watched {watched} of the {window} until as many "
        f"lapse as come. {count(plateau.plateau_keys)} by then if keys go on coming as in its second half, between "
        f"{count(plateau.low_keys)} and {count(plateau.high_keys)}. Sizing takes what was measured; record longer to know."
    )
    return Finding(name, f"still growing, to about {count(plateau.plateau_keys)}", "derived", words)


def _whole(measurement: Measurement, keys_share: float) -> Finding:
    name, memory = "The whole keyspace", measurement.memory
    if keys_share >= 1:
        value = f"{size(memory.keyspace_bytes)} for {count(memory.keys)} keys"
        return Finding(name, value, "measured", "Every key was recorded and replayed: nothing is extrapolated.")
    found = extrapolate(memory, measurement.engine, keys_share)
    value = f"{size(found.bytes)} ({size(found.low_bytes)} to {size(found.high_bytes)}) for {count(found.keys)} keys"
    if found.scaled:
        return Finding(name, value, "derived", "Divided by the share of keys measured: this run tells no hash tables.")
    words = (
        f"From {share(keys_share)} of the keys: what is paid per key is scaled, hash tables are worked out anew "
        f"({size(found.tables_bytes)}). The range is {_RANGE_ERRORS} standard errors of the sample."
    )
    return Finding(name, value, "derived", words)


def _tables(memory: Memory) -> int:
    return sum(each.tables_bytes for each in memory.tables)
