"""Which operations tell what a snapshot does: those of its shard that were under way while it was written."""

from __future__ import annotations

import numpy as np

from engine.replay.snapshot_impact import Save, case
from engine.stats.summary import Records

MS = 1_000_000
RANGES = ((0, 8_191), (8_192, 16_383))
START = 7_000 * MS  # of the replay, on the machine's clock
# Due at 0, 10, 20, 30 ms; answered 1, 15, 2 and 1 ms later; the second and the last on the second shard.
DUE = np.array([0, 10, 20, 30], dtype=np.int64) * MS
DONE = DUE + np.array([1, 15, 2, 1], dtype=np.int64) * MS
SLOTS = np.array([5, 9_000, 6, 9_001], dtype=np.int64)
RECORDS = Records(DUE, DUE + MS // 2, DONE, np.zeros(4, dtype=np.int16), np.ones(4, dtype=np.bool_))


def saved(shard: int, began_ms: int, ended_ms: int, fork_us: int = 100, cow_bytes: int = 4_096) -> Save:
    return Save(shard, START + began_ms * MS, START + ended_ms * MS, fork_us, cow_bytes)


def test_a_quiet_turn_counts_every_operation() -> None:
    found = case("quiet", RECORDS, SLOTS, RANGES, [], START)
    assert (found.operations, found.snapshots, found.longest_s, found.longest_fork_us, found.cow_bytes) == (
        4,
        0,
        None,
        None,
        None,
    )
    assert found.response is not None and found.response.max == 15_000


def test_an_operation_counts_that_was_due_before_and_answered_during_the_snapshot() -> None:
    found = case("primary", RECORDS, SLOTS, RANGES, [saved(1, 20, 28)], START)
    assert found.operations == 1
    assert found.response is not None and found.response.max == 15_000
    assert found.longest_s == 0.008


def test_operations_of_other_shards_and_other_times_do_not() -> None:
    assert case("primary", RECORDS, SLOTS, RANGES, [saved(0, 5, 15)], START).operations == 0
    assert case("replica", RECORDS, SLOTS, RANGES, [saved(1, 26, 29)], START).response is None


def test_of_several_snapshots_the_longest_fork_and_the_most_pages_stand() -> None:
    found = case("primary", RECORDS, SLOTS, RANGES, [saved(0, 0, 5, 300, 8_192), saved(1, 28, 40, 200, 12_288)], START)
    assert (found.operations, found.snapshots, found.longest_fork_us, found.cow_bytes) == (2, 2, 300, 12_288)


def test_what_was_never_answered_tells_nothing() -> None:
    unanswered = Records(DUE, RECORDS.sent_ns, np.zeros(4, dtype=np.int64), RECORDS.kind, RECORDS.timed)
    assert case("quiet", unanswered, SLOTS, RANGES, [], START).operations == 0
