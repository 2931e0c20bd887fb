"""Records of single operations become the figures of a measurement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.stats import summary
from engine.stats.seconds import Second, per_second
from engine.stats.summary import Records

MS = 1_000_000
S = 1_000_000_000


def records(*rows: tuple[float, float, float, int, bool]) -> Records:
    """Rows of due, sent, done (ms), kind, timed."""
    due, sent, done = (np.array([round(row[at] * MS) for row in rows], dtype=np.int64) for at in range(3))
    kinds = np.array([row[3] for row in rows], dtype=np.int16)
    return Records(due, sent, done, kinds, np.array([row[4] for row in rows], dtype=np.bool_))


def test_response_counts_from_due_and_service_from_sent() -> None:
    found = summary.latency(records((1, 3, 4, 0, True)))
    assert found is not None
    assert (found.response.max, found.service.max) == (3000, 1000)


def test_unanswered_and_untimed_operations_are_left_out() -> None:
    found = summary.latency(records((1, 1, 2, 0, True), (1, 1, 0, 0, True), (1, 1, 900, 0, False)))
    assert found is not None
    assert (found.response.count, found.response.max) == (1, 1000)


def test_nothing_answered_means_no_latency() -> None:
    assert summary.latency(records((1, 1, 0, 0, True))) is None


def test_late_counts_those_sent_after_the_threshold() -> None:
    rows = records((1, 1.5, 2, 0, True), (1, 2.5, 3, 0, True), (1, 0, 0, 0, True))
    assert summary.late(rows, 1 * MS) == 1


def test_seconds_are_cut_by_due_time() -> None:
    rows = records((100, 100, 101, 0, True), (900, 900, 905, 0, True), (2100, 2100, 2103, 0, True))
    first, second, third = per_second(rows, 3 * S)
    assert (first.operations, first.response_p50_us, first.response_p99_us) == (2, 1000, 5000)
    assert (second.operations, second.response_p50_us) == (0, None)
    assert (third.operations, third.response_p99_us) == (1, 3000)


def test_a_choice_of_records_keeps_only_those() -> None:
    rows = records((0, 0.5, 1, 0, True), (0, 0.5, 9, 1, True))
    found = summary.latency(rows.only(rows.kind == 1))
    assert found is not None
    assert found.response.max == 9000


@dataclass(frozen=True)
class InBlocks:
    """The same records, so few at a time."""

    whole: Records
    size: int

    def blocks(self) -> Iterator[Records]:
        at = np.arange(len(self.whole.due_ns))
        for first in range(0, len(at), self.size):
            yield self.whole.only((at >= first) & (at < first + self.size))


ROWS = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 50), st.integers(0, 900), st.integers(0, 2), st.booleans()),
    max_size=60,
)


def drawn(rows: list[tuple[int, int, int, int, bool]]) -> Records:
    """In any order of due times, some never sent, some never answered."""
    return records(
        *(
            (due, due + late if late else 0, due + late + took if late and took else 0, kind, timed)
            for due, late, took, kind, timed in rows
        )
    )


def plainly(rows: Records, seconds: int) -> tuple[Second, ...]:
    """Second by second over all records at once."""
    found = []
    for second in range(seconds):
        mine = np.minimum(rows.due_ns // S, seconds - 1) == second
        chosen = rows.only(mine & (rows.done_ns > 0))
        times = sorted((chosen.done_ns - chosen.due_ns)[chosen.timed].tolist())
        p50, p99 = (times[max(-(-len(times) * level // 100), 1) - 1] / 1000 if times else None for level in (50, 99))
        found.append(Second(len(chosen.due_ns), p50, p99))
    return tuple(found)


@given(ROWS, st.integers(1, 61), st.integers(1, 6))
def test_a_summary_block_by_block_is_that_of_all_records_at_once(
    rows: list[tuple[int, int, int, int, bool]], size: int, seconds: int
) -> None:
    whole = drawn(rows)
    blocks = InBlocks(whole, size)
    assert summary.latency(blocks) == summary.latency(whole)
    assert summary.late(blocks, 20 * MS) == sum(late > 20 for _, late, _, _, _ in rows)
    assert per_second(blocks, seconds * S) == plainly(whole, seconds)
