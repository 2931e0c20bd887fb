"""Silences of one shard, found in records made by hand. Times in milliseconds of the replay."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.silence import Silence, shards_of, silences
from engine.stats.summary import Records

MS = 1_000_000
Row = tuple[int, int, int]  # shard, sent, done (0: no answer)


def found(rows: list[Row], end_ms: int, block: int = 100) -> list[tuple[int, int, int, bool]]:
    shards, sent, done = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    records = Records(
        sent * MS, sent * MS, done * MS, np.zeros(len(rows), dtype=np.int16), np.ones(len(rows), dtype=np.bool_)
    )
    blocks = [(part(records, at, at + block), shards[at : at + block]) for at in range(0, len(rows), block)]
    return [
        (each.shard, each.begin_ns // MS, each.end_ns // MS, each.ended)
        for each in silences(lambda: blocks, end_ns=end_ms * MS)
    ]


def part(records: Records, first: int, last: int) -> Records:
    at = np.arange(len(records.due_ns))
    return records.only((at >= first) & (at < last))


def healthy(shard: int, until_ms: int, every_ms: int = 100) -> list[Row]:
    return [(shard, at, at + 1) for at in range(1, until_ms, every_ms)]


def test_a_shard_that_answers_late_while_another_answers_was_silent_from_its_first_unanswered_operation() -> None:
    stopped = [(0, 1, 2), (0, 101, 1500), (0, 201, 1500), (0, 1600, 1601)]
    assert found([*stopped, *healthy(1, 2000)], 2000) == [(0, 101, 1500, True)]


def test_a_shard_that_is_asked_nothing_is_not_silent() -> None:
    assert found([(0, 1, 2), (0, 3000, 3001), *healthy(1, 3000)], 3001) == []


def test_a_shard_that_never_answers_again_is_silent_until_the_end() -> None:
    assert found([(0, 1, 2), (0, 101, 0), (0, 201, 0), *healthy(1, 4000)], 4000) == [(0, 101, 4000, False)]


def test_when_no_shard_answers_it_is_the_machine_and_no_shard_is_blamed() -> None:
    both = [(shard, sent, done) for shard in (0, 1) for sent, done in ((1, 2), (101, 1500), (1600, 1601))]
    assert found(both, 1700) == []


def test_a_shard_that_was_asked_only_at_the_ends_of_a_silence_cannot_tell() -> None:
    stopped = [(0, 1, 2), (0, 101, 1500)]
    assert found([*stopped, (1, 100, 103), (1, 1499, 1500)], 1500) == [(0, 101, 1500, True)]


def test_the_only_shard_is_silent_without_another_that_could_tell() -> None:
    assert found([(0, 1, 2), (0, 101, 1500)], 1500) == [(0, 101, 1500, True)]


def test_less_than_half_a_second_is_no_silence() -> None:
    assert found([(0, 1, 2), (0, 101, 600), *healthy(1, 700)], 700) == []


def test_a_replay_without_operations_has_no_silence() -> None:
    assert silences(list, end_ns=0) == ()


def test_what_has_no_key_is_dealt_out_as_the_players_do() -> None:
    slots = np.array([0, 8191, 8192, -1, -1], dtype=np.int16)
    assert shards_of(slots, [(0, 8191), (8192, 16383)]).tolist() == [0, 0, 1, 1, 0]
    assert shards_of(slots[4:], [(0, 8191), (8192, 16383)], first=5).tolist() == [1]


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3000), st.integers(0, 2000)), min_size=1, max_size=40)


def plainly(rows: list[Row], end: int) -> list[tuple[int, int, int, bool]]:
    """The rule word for word: all answers in memory, all units looked at for each silence."""
    asked = {shard: [row for row in rows if row[0] == shard] for shard, _, _ in rows}
    silent = []
    for shard, mine in asked.items():
        times = [0, *sorted(done for _, _, done in mine if done), end]
        for last, following in pairwise(times):
            waiting = [sent for _, sent, done in mine if (done or end) > last and sent < following]
            begin = max(last, min(waiting, default=end))
            if following - begin >= 500 and _told(asked, shard, begin, following):
                silent.append((shard, begin, following, any(done == following for _, _, done in mine)))
    return sorted(set(silent), key=lambda each: (each[1], each[0]))


def _told(asked: dict[int, list[Row]], shard: int, begin: int, end: int) -> bool:
    edge = (end - begin) * MS // 10
    first, last = begin * MS + edge, end * MS - edge
    others = [(sent * MS, done * MS) for other, rows in asked.items() if other != shard for _, sent, done in rows]
    answered = any(first <= done < last for _, done in others)
    return answered or not any(sent < last and (not done or done > first) for sent, done in others)


@given(ROWS, st.integers(1, 41))
def test_silences_found_block_by_block_are_those_of_the_rule_word_for_word(rows: list[Row], block: int) -> None:
    done = [(shard, sent, sent + waited if waited else 0) for shard, sent, waited in rows]
    assert found(done, 5001, block) == plainly(done, 5001)


@given(ROWS)
def test_a_silence_holds_no_answer_of_its_shard_and_somebody_waited_all_through_it(
    rows: list[tuple[int, int, int]],
) -> None:
    done = [(shard, sent, sent + waited if waited else 0) for shard, sent, waited in rows]
    for shard, begin, end, _ in found(done, 5000):
        assert end - begin >= 500
        mine = [(sent, answered or 5001) for owner, sent, answered in done if owner == shard]
        assert not any(begin < answered < end for _, answered in mine)
        assert any(sent <= begin and answered >= end for sent, answered in mine)


def test_a_silence_is_plain() -> None:
    assert Silence(1, 2, 3).ended
