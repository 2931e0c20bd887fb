"""Entries added with `XADD *` get the IDs that later commands name, and groups are there before they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replay import population, resp
from engine.replay.stream_ids import StreamIds
from engine.replay.stream_names import StreamNames, packed, unpacked
from engine.traces.model import Flag, Operation
from tests.engine.replay.recordings import START_S, line, planned, read, sent, surveyed

MS = START_S * 1000


def added(identity: str) -> bytes:
    return resp.command([b"XADD", b"s", identity.encode(), b"f", b"1"])


def test_an_entry_gets_the_id_by_which_it_is_acknowledged(tmp_path: Path) -> None:
    """The first under the millisecond before its time stamp, and the third of three that came in one millisecond."""
    lines = [
        line(0.0, "XGROUP CREATE s g $ MKSTREAM"),
        line(0.0100, "XADD s * f 1"),
        line(0.0200, "XADD s * f 1"),
        line(0.0203, "XADD s * f 1"),
        line(0.0206, "XADD s * f 1"),
        line(0.5, f"XACK s g {MS + 9}-0"),
        line(0.6, f"XDEL s {MS + 20}-2"),
    ]
    facts, index, payload = planned(tmp_path, lines)
    assert sent(index, payload)[1:5] == [added(f"{MS + 9}-0"), *(added(f"{MS + 20}-{at}") for at in range(3))]
    assert any("2 of the 2 IDs" in note for note in facts.notes)


def test_an_id_from_before_the_recording_is_counted_as_not_found(tmp_path: Path) -> None:
    lines = [line(0.0, "XADD s * f 1"), line(0.1, f"XACK s g {MS - 60_000}-0 {MS}-0")]
    facts, index, payload = planned(tmp_path, lines)
    assert sent(index, payload)[0] == added(f"{MS}-0")
    assert any("1 of the 2 IDs" in note for note in facts.notes)


def test_streams_of_which_no_id_is_named_and_those_that_scripts_add_to_keep_the_star(tmp_path: Path) -> None:
    lines = [
        line(0.0, "XADD s * f 1"),
        line(0.1, "EVAL body 1 t"),
        line(0.1, "xadd t * f 1", client="lua"),
        line(0.2, "XADD t * f 1"),
        line(0.3, f"XDEL t {MS + 200}-0"),
    ]
    _, index, payload = planned(tmp_path, lines)
    assert sent(index, payload)[0] == added("*")
    assert sent(index, payload)[2] == resp.command([b"XADD", b"t", b"*", b"f", b"1"])


@pytest.mark.parametrize(
    "options",
    ["", "NOMKSTREAM ", "MAXLEN 10 ", "MAXLEN ~ 10 ", "MAXLEN ~ 10 LIMIT 5 ", "NOMKSTREAM MINID = 7 "],
)
def test_the_id_stands_after_the_options(options: str) -> None:
    names = StreamNames()
    named = Operation(0, 0, 0, "XDEL", b"s", (b"s", b"5000-0"), None, None, None, None, Flag(0))
    names.look_at(named)
    words = [word.encode() for word in f"s {options}* f *".split()]
    given = StreamIds(names, 5_000_000, 1).named(words, 0)
    assert given == tuple(word.encode() for word in f"s {options}5000-0 f *".split())


def test_ids_never_run_backwards_when_time_stamps_do() -> None:
    names = StreamNames()
    names.look_at(Operation(0, 0, 0, "XDEL", b"s", (b"s", b"9-0"), None, None, None, None, Flag(0)))
    ids = StreamIds(names, 0, 1)
    given = [packed(ids.named((b"s", b"*", b"f", b"1"), at)[1]) for at in (5000, 3000, 5000, 6000)]
    assert given == [packed(each) for each in (b"5-0", b"5-1", b"5-2", b"6-0")]
    assert unpacked(packed(b"1700000000000-7") or 0) == b"1700000000000-7"


def test_groups_used_before_they_are_made_are_made_first(tmp_path: Path) -> None:
    lines = [
        line(0.0, "XREADGROUP GROUP old me COUNT 1 STREAMS s t > >"),
        line(0.1, "XGROUP CREATE s new $"),
        line(0.2, "XACK s new 1-1"),
    ]
    survey = surveyed(read(tmp_path, lines))
    made = [each.words for each in population.creations(survey, seed=1, speed=1.0)]
    assert made == [(b"XGROUP", b"CREATE", key, b"old", b"$", b"MKSTREAM") for key in (b"s", b"t")]
    assert any("2 consumer groups" in sentence for sentence in population.assumptions(survey))


def test_a_standing_stream_is_older_than_what_the_recording_adds_to_it(tmp_path: Path) -> None:
    lines = [line(0.0, "XLEN s"), line(0.1, "XADD s * f 1"), line(0.2, f"XDEL s {MS + 100}-0")]
    survey = surveyed(read(tmp_path, lines))
    identities = [packed(each.words[2]) for each in population.creations(survey, seed=1, speed=1.0)]
    assert len(identities) == 10
    assert identities == sorted(identities, key=lambda each: each or 0)
    assert all(each is not None and each < (packed(b"%d-0" % MS) or 0) for each in identities)
