"""What the table of snapshots under load says: latency without one, with one on the primary, with one on a replica. Pure."""

from __future__ import annotations

from engine.measurement import Measurement, SnapshotCase
from planner.reports.facts import Facts
from planner.reports.wording import UNKNOWN, count, duration, latency, size

TITLE = "Latency while a snapshot is written"
CASES = {"quiet": "no snapshot", "primary": "on the primary", "replica": "on a replica"}
COLUMNS = ("Snapshot", "Operations", "p50", "p99", "max", "Snapshots", "Longest", "Fork", "Pages copied")
NOT_MEASURED = "Not measured in this run: no snapshot was written under load."
# MemoryDB paper, SIGMOD 2024.
PUBLISHED = (
    "By MemoryDB's authors: BGSAVE on a primary forks for about 12 ms per GB, 67 ms at worst; a snapshot made off the "
    "cluster, as MemoryDB makes them, leaves the average of about 1 ms and the worst of 10 to 20 ms as they were."
)


def snapshot_facts(measurement: Measurement) -> Facts:
    """A row for each case of `Snapshot.impact`."""
    impact = measurement.snapshot.impact
    if impact is None:
        return Facts(TITLE, NOT_MEASURED)
    by_case = {case.on: case for case in impact.cases}
    summary = (
        f"The busiest {duration(impact.turn_s)} of the replay, played once for each row; with a snapshot, operations of "
        f"the shard that was writing it.{_worse(by_case)} All nodes and the player share {impact.cores} processors here, "
        "and the process that writes a snapshot competes for them: nodes of their own suffer less."
    )
    return Facts(TITLE, summary, COLUMNS, tuple(_row(case) for case in impact.cases))


def headroom_bytes(measurement: Measurement) -> int | None:
    """Bytes of pages that one node copied at most during a snapshot under load; None when not measured."""
    impact = measurement.snapshot.impact
    copied = [case.cow_bytes for case in impact.cases if case.cow_bytes is not None] if impact else []
    return max(copied, default=None)


def _worse(by_case: dict[str, SnapshotCase]) -> str:
    quiet, primary = by_case.get("quiet"), by_case.get("primary")
    if quiet is None or primary is None or quiet.response is None or primary.response is None:
        return ""
    words = f" The 99th percentile was {latency(quiet.response.p99)} without, {latency(primary.response.p99)} on the primary"
    replica = by_case.get("replica")
    if replica is not None and replica.response is not None:
        words += f" and {latency(replica.response.p99)} on a replica"
    return f"{words}."


def _row(case: SnapshotCase) -> tuple[str, ...]:
    found = case.response
    times = (UNKNOWN,) * 3 if found is None else (latency(found.p50), latency(found.p99), latency(found.max))
    return (
        CASES.get(case.on, case.on),
        count(case.operations),
        *times,
        count(case.snapshots),
        duration(case.longest_s) if case.snapshots else UNKNOWN,
        latency(case.longest_fork_us) if case.snapshots else UNKNOWN,
        size(case.cow_bytes) if case.snapshots else UNKNOWN,
    )
