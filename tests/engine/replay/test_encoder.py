"""From recorded lines to what is sent: pieces, due times, what is left out and why."""

from __future__ import annotations

from pathlib import Path

from engine.replay import resp
from engine.replay.patches import read_patches
from engine.replay.plan import BLOCKING, NO_SLOT, READ, WRITE, PlanFiles
from engine.slots import key_slot
from tests.engine.replay.recordings import START_S, line, planned, sent

INSIDE = "run inside a script or transaction that is replayed"


def test_a_command_is_due_when_it_was_recorded(tmp_path: Path) -> None:
    facts, index, payload = planned(tmp_path, [line(0, "SET a 1"), line(1.5, "GET a")])
    assert index["due_ns"].tolist() == [0, 1_500_000_000]
    assert sent(index, payload) == [resp.command([b"SET", b"a", b"1"]), resp.command([b"GET", b"a"])]
    assert index["role"].tolist() == [WRITE, READ]
    assert index["slot"].tolist() == [key_slot(b"a")] * 2
    assert facts.duration_ns == 1_500_000_000


def test_twice_the_speed_halves_due_times_and_times_to_live(tmp_path: Path) -> None:
    _, index, payload = planned(tmp_path, [line(0, "GET a"), line(3, "SET a 1 EX 10")], speed=2)
    assert index["due_ns"].tolist() == [0, 1_500_000_000]
    assert sent(index, payload)[1] == resp.command([b"SET", b"a", b"1", b"EX", b"5"])


def test_a_transaction_is_one_unit_due_at_its_exec(tmp_path: Path) -> None:
    facts, index, payload = planned(
        tmp_path,
        [
            line(0, "MULTI"),
            line(0.5, "GET other", client="127.0.0.1:6000"),
            line(1, "INCR {a}x"),
            line(1, "EXPIRE {a}x 100"),
            line(1, "EXEC"),
        ],
    )
    assert index["due_ns"].tolist() == [500_000_000, 1_000_000_000]
    words = [[b"MULTI"], [b"INCR", b"{a}x"], [b"EXPIRE", b"{a}x", b"100"], [b"EXEC"]]
    assert sent(index, payload)[1] == b"".join(resp.command(each) for each in words)
    assert (index["replies"][1], index["operations"][1]) == (4, 4)
    assert facts.kinds[index["kind"][1]] == "MULTI"


def test_a_transaction_over_two_slots_is_left_out_whole(tmp_path: Path) -> None:
    lines = [line(0, "MULTI"), line(0, "INCR a"), line(0, "INCR b"), line(0, "EXEC"), line(1, "GET a")]
    facts, index, _ = planned(tmp_path, lines)
    assert len(index) == 1
    assert facts.not_replayed == {"keys in different slots": 4}


def test_a_discarded_and_an_unfinished_transaction_are_counted(tmp_path: Path) -> None:
    lines = [line(0, "MULTI"), line(0, "DISCARD"), line(1, "MULTI"), line(1, "INCR a"), line(2, "GET a", client="u:1")]
    facts, _, _ = planned(tmp_path, lines)
    assert facts.not_replayed == {"transaction that was discarded": 2, "transaction without EXEC": 2}


def test_what_a_script_ran_is_left_to_the_script(tmp_path: Path) -> None:
    script = 'EVAL return_redis.call("set",KEYS[1],1) 1 a'.replace('"', "'")
    facts, index, _ = planned(tmp_path, [line(0, script), line(0, "set a 1", client="lua"), line(1, "GET a")])
    assert [facts.kinds[kind] for kind in index["kind"]] == ["EVAL", "GET"]
    assert facts.not_replayed == {INSIDE: 1}


def test_a_script_known_only_by_its_hash_is_replaced_by_what_it_ran(tmp_path: Path) -> None:
    facts, index, payload = planned(
        tmp_path,
        [line(0, f"EVALSHA {'ab' * 20} 1 a"), line(0, "incr a", client="lua"), line(0, "expire a 60", client="lua")],
    )
    assert sent(index, payload) == [resp.command([b"INCR", b"a"]), resp.command([b"EXPIRE", b"a", b"60"])]
    assert facts.not_replayed == {"script whose body the recording never shows (its commands are replayed)": 1}


def test_a_script_that_declares_no_key_is_sent_where_its_commands_need_it(tmp_path: Path) -> None:
    _, index, _ = planned(tmp_path, [line(0, "EVAL x 0"), line(0, "set somewhere 1", client="lua")])
    assert index["slot"].tolist() == [key_slot(b"somewhere")]


def test_administration_and_subscriptions_are_left_out_by_name(tmp_path: Path) -> None:
    lines = [line(0, "CONFIG GET maxmemory"), line(0, "UNSUBSCRIBE news"), line(0, "MGET a b"), line(1, "GET a")]
    facts, index, _ = planned(tmp_path, lines)
    assert len(index) == 1
    assert facts.not_replayed == {
        "administration or connection command": 1,
        "end of a subscription that was not recorded": 1,
        "keys in different slots": 1,
    }


def test_multi_key_commands_within_one_slot_are_sent(tmp_path: Path) -> None:
    _, index, _ = planned(tmp_path, [line(0, "MGET {u}a {u}b"), line(0, "PING")])
    assert index["slot"].tolist() == [key_slot(b"u"), NO_SLOT]


def test_blocking_commands_get_a_lane_of_their_own(tmp_path: Path) -> None:
    lines = [line(0, "BLPOP q 0"), line(0, "XREAD COUNT 1 STREAMS s 0"), line(0, "XREAD BLOCK 0 STREAMS s $")]
    _, index, _ = planned(tmp_path, lines)
    assert [lane == BLOCKING for lane in index["lane"]] == [True, False, True]


def test_an_absolute_expiry_is_marked_to_be_set_when_the_replay_starts(tmp_path: Path) -> None:
    at = START_S + 60
    facts, index, payload = planned(tmp_path, [line(0, f"SET a 1 EXAT {at}"), line(1, f"EXPIREAT a {at}")])
    ((first, second),) = read_patches(PlanFiles(tmp_path / "plan").patches)
    for start, value, unit_ms, digits in (first.tolist(), second.tolist()):
        assert (digits, unit_ms) == (10, 1000) or (digits, unit_ms) == (13, 1)
        assert payload[start : start + digits] == b"%d" % value
        assert abs(value * unit_ms - facts.written_for_ms - 60_000) <= 1000
    assert len(index) == 2


def test_operations_of_other_databases_are_replayed_in_database_0_and_that_is_said(tmp_path: Path) -> None:
    facts, index, _ = planned(tmp_path, [line(0, "SET a 1", db=3), line(1, "GET a", db=3)])
    assert len(index) == 2
    assert facts.notes == ("2 operations of databases other than 0 were replayed in database 0.",)


def test_every_recorded_operation_is_either_sent_or_counted_as_left_out(tmp_path: Path) -> None:
    lines = [
        line(0, "SET a 1"),
        line(0, "MULTI"),
        line(0, "INCR c"),
        line(0, "EXEC"),
        line(0, "INFO"),
        line(0, "EVAL x 1 k"),
        line(0, "get k", client="lua"),
        line(0, "MGET a b"),
    ]
    facts, index, _ = planned(tmp_path, lines)
    assert int(index["operations"].sum()) + sum(facts.not_replayed.values()) == facts.operations == 8
