"""The benchmarks' pure parts: what a row says, what the load is, who belongs to a sample. Nothing here is timed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy, collector, contest, load, long_plan, offers, sizing, speed, table, written
from benchmarks.player import Beside, Closed, Played, Sharded, closed_table
from engine.cluster.binaries import Engine
from engine.replay.patches import read_patches
from engine.replay.plan import INDEX, READ, WRITE, PlanFiles
from engine.replication.prediction import Prediction
from engine.slots import key_slot
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import TraceWriter, iter_operations, read_header
from planner.pricing.offers.reading import read_offer
from planner.sizing import search
from tests.planner.sizing.factories import make_data_written, make_measurement, make_memory

ENGINE = Engine("valkey", "9.1.2", "libc", Path("folder/valkey-server"), "test")
TURN = speed.Turn(150_000.0, 50_000.0, 75_000.0, 300_000.0, 4.0, 2.0)


def test_a_ratio_is_ours_to_theirs() -> None:
    assert table.row("boot", 1.5, 3.0, "s", "").ratio == 0.5


@pytest.mark.parametrize(("ours", "theirs"), [(None, 3.0), (1.5, None), (1.5, 0.0)])
def test_what_is_not_known_has_no_ratio(ours: float | None, theirs: float | None) -> None:
    assert table.row("boot", ours, theirs, "s", "").ratio is None


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0.0494, "0.0494"), (3.0, "3"), (11.64, "11.6"), (198_557.4, "198,557")]
)
def test_figures_are_short(value: float | None, shown: str) -> None:
    assert table.figure(value) == shown


def test_json_holds_every_row_and_no_path() -> None:
    plain = table.to_json("speed", ENGINE, [table.row("boot", 1.5, 3.0, "s", "a note")])
    assert set(plain) == {"benchmark", "engine", "machine", "rows"}
    assert plain["rows"] == [{"name": "boot", "ours": 1.5, "theirs": 3.0, "unit": "s", "ratio": 0.5, "note": "a note"}]
    assert "folder" not in json.dumps(plain)


def test_the_table_shows_name_figures_ratio_and_note() -> None:
    head, _, line, note = table.lines(("ours", "yardstick"), [table.row("boot", 1.5, 3.0, "s", "a note")])
    assert head.split() == ["ours", "yardstick", "ratio"]
    assert line.split() == ["boot", "(s)", "1.5", "3", "0.5"]
    assert note.strip() == "a note"


def test_the_player_is_judged_by_medians() -> None:
    turns = [TURN, replace(TURN, player=100_000.0), replace(TURN, player=900_000.0)]
    rows = speed.player_table(turns, depth=7)
    assert [each.ratio for each in rows] == [3.0, 2.0, 0.5, 2.0]
    assert rows[2].name == "player, redis-benchmark -P 7"


def test_a_closed_loop_is_set_beside_its_rival_and_three_shards_beside_one() -> None:
    three, wide = Played(225.0, 2.0, 3.0), Played(180.0, 4.0, None)
    ones = (Played(200.0, 2.0, 2.0), Played(200.0, 1.0, 3.0), Played(200.0, 1.5, 2.5))
    turns = Closed([Beside(90.0, 100.0), Beside(360.0, 100.0)], [Sharded(one, three, wide) for one in ones])
    rows = closed_table({16: turns}, [Beside(90.0, 100.0)], half=125.0, late_us=250.0, busy=0.5)
    figures = [
        (180.0, 100.0),  # redis-benchmark: the geometric means
        (225.0, 200.0),  # three shards, as many connections
        (180.0, 200.0),  # three shards, as many clients
        (90.0, 100.0),  # redis-benchmark, where all connections write all keys
        (1.5, 2.5),  # CPU of the player and of the server
        (2.0, 1.5),  # CPU of the player on three shards and on one
        (5.0, 4.0),  # CPU of all on three shards and on one
        (250.0, 1000.0),  # lateness
    ]
    assert [each.ours for each in rows] == pytest.approx([ours for ours, _ in figures])
    assert [each.theirs for each in rows] == pytest.approx([theirs for _, theirs in figures])
    assert "51 connections and 816 units in flight" in rows[1].note


def test_a_mean_ratio_says_its_turns_and_how_far_it_may_be_off() -> None:
    # ln 0.9 and ln 3.6 lie ln 4 apart: standard deviation ln 4 / √2, of the mean of two ln 2
    played = Played(200.0, 2.0, None)
    turns = Closed([Beside(90.0, 100.0), Beside(360.0, 100.0)], [Sharded(played, played, played)])
    rows = closed_table({1: turns}, [Beside(90.0, 100.0)], half=100.0, late_us=1.0, busy=0.0)
    assert rows[0].note.endswith("2 turns, ratios from 0.90 to 3.60; standard error of their mean 69.3%.")
    assert rows[3].note.endswith("One turn.")


def test_what_no_rival_and_no_thread_tells_is_not_known() -> None:
    played = Played(200.0, 2.0, None)
    turns = Closed([Beside(200.0, None)], [Sharded(played, played, played)])
    rows = closed_table({1: turns}, [Beside(200.0, None)], half=100.0, late_us=1.0, busy=0.0)
    assert [each.ratio is None for each in rows] == [True, False, False, True, True, False, True, False]
    assert rows[0].note.endswith("not on PATH here.")


def test_a_long_plan_is_a_short_one_again_and_again(tmp_path: Path) -> None:
    short, long = PlanFiles(tmp_path / "short"), PlanFiles(tmp_path / "long")
    load.write_plan(short, 200, operations=long_plan.expiring)
    long_plan.repeat(short, long, 3)
    assert (long.read_facts().units, len(long.read_index())) == (600, 600)
    assert long.payload.read_bytes() == 3 * short.payload.read_bytes()
    assert long.read_index()["start"][200] == short.payload.stat().st_size
    (patches,) = read_patches(long.patches)
    assert len(patches) == 300
    payload = long.payload.read_bytes()
    assert all(
        payload[start : start + digits] == b"%d" % value
        for start, value, _, digits in (patch.tolist() for patch in patches)
    )


def test_the_collector_reads_every_unit_of_a_plan_and_says_what_it_took(tmp_path: Path) -> None:
    files = PlanFiles(tmp_path)
    load.write_plan(files, 200)
    np.array([np.arange(200) + 1, np.arange(200) + 1000], dtype=np.int64).tofile(files.records)
    assert collector.collect(files) == 200
    peak, before = collector.collected_bytes(files)
    assert peak >= before > 1 << 20


def test_a_plan_is_shared_by_as_many_clients_as_asked(tmp_path: Path) -> None:
    files = PlanFiles(tmp_path)
    load.write_plan(files, 100)
    load.set_clients(files, 17)
    assert files.read_facts().clients == 17


def test_a_pace_spreads_the_load_evenly(tmp_path: Path) -> None:
    files = PlanFiles(tmp_path)
    load.write_plan(files, 100)
    load.set_pace(files, 1000.0)
    assert files.read_index()["due_ns"].tolist() == [number * 1_000_000 for number in range(100)]


def test_without_redis_benchmark_its_rows_say_so() -> None:
    rows = speed.player_table([replace(TURN, unpipelined=None, pipelined=None)], depth=7)
    assert [each.ratio for each in rows] == [3.0, None, None, 2.0]
    assert rows[1].note.endswith("not on PATH here.")


def test_set_and_get_in_equal_parts_take_the_harmonic_mean() -> None:
    assert contest.both('"test","rps"\n"SET","100.00"\n"GET","300.00"\n') == pytest.approx(150.0)


def test_the_load_sets_every_key_before_it_gets_it() -> None:
    known = set()
    for operation in load.operations(1000):
        if operation.cmd == "SET":
            known.add((operation.conn, operation.key))
        else:
            assert (operation.conn, operation.key) in known
    assert len(known) == 500


def test_no_two_connections_write_to_a_slot_of_the_rivals_keys() -> None:
    owners: dict[int, set[int]] = {}
    keys = set()
    for operation in load.apart(60_000):
        key = operation.key or b""
        keys.add(key)
        owners.setdefault(key_slot(key), set()).add(operation.conn)
    assert all(len(each) == 1 for each in owners.values())
    assert len(set.union(*owners.values())) == load.CONNECTIONS
    assert min(keys) >= b"key:000000000000"
    assert max(keys) < b"key:%012d" % load.KEYS
    assert len(keys) > load.KEYS * 0.9


def test_the_whole_load_is_due_at_once(tmp_path: Path) -> None:
    files = PlanFiles(tmp_path)
    load.write_plan(files, 200)
    index = files.read_index()
    assert len(index) == 200
    assert set(index["due_ns"].tolist()) == {0}
    assert len(set(index["client"].tolist())) == load.CONNECTIONS


def test_a_sample_holds_all_of_a_key_or_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "all.parquet", tmp_path / "share.parquet"
    with TraceWriter(source, TraceHeader("monitor", "made", "", 0, 0, 1, 4000, 1, None)) as writer:
        for number in range(4000):
            writer.append(_operation(number, b"key:%d" % (number % 1000)))
    kept = accuracy.write_share(source, target, 0.25)
    keys = {operation.key for operation in iter_operations(target)}
    assert kept == 4 * len(keys)
    assert 190 < len(keys) < 310  # 250 expected, four standard deviations each way
    assert read_header(target).key_sampling == 0.25
    assert read_header(target).operations == kept


def test_an_operation_without_a_key_is_in_every_sample() -> None:
    assert accuracy.is_in_share(_operation(0, None), 0.001)


def test_the_naive_predictor_adds_up_requests_that_write() -> None:
    index = np.zeros(3, dtype=INDEX)
    index["length"] = [10, 20, 40]
    index["role"] = [WRITE, READ, WRITE]
    assert accuracy.request_bytes(index) == 50


def test_a_prediction_names_the_commands_it_missed() -> None:
    said = Prediction("redis-7.0", 90, 2, {"SET": 60, "DEL": 30}, {}, (90,), 90, 50, 0, 0)
    measured = make_measurement(data_written=make_data_written(bytes=100, by_command={"SET": 60, "HSET": 40}))
    found = written.total_row("shop", said, measured)
    assert (found.name, found.ratio) == ("data written, shop", 0.9)
    assert "DEL +30, HSET -40" in found.note
    exact = make_measurement(data_written=make_data_written(bytes=90, by_command={"SET": 60, "DEL": 30}))
    assert "the same to the byte" in written.total_row("shop", said, exact).note


def test_memory_of_a_quarter_is_scaled_by_four() -> None:
    sampled = make_measurement(memory=make_memory(keyspace_bytes=4_000_000, keys=25_000))
    full = make_measurement(memory=make_memory(keyspace_bytes=20_000_000))
    found = accuracy.memory_row(sampled, full, 0.25)
    assert (found.ours, found.theirs, found.ratio) == (16_000_000, 20_000_000, 0.8)


def test_a_second_replay_that_differs_is_named() -> None:
    first = make_measurement(data_written=make_data_written(bytes=100))
    second = make_measurement(data_written=make_data_written(bytes=80))
    assert "NOT the same" in accuracy.repeat_row(first, second).note
    assert accuracy.repeat_row(first, first).ratio == 1.0


def _operation(number: int, key: bytes | None) -> Operation:
    args = (key, b"value") if key else ()
    return Operation(number, 0, 0, "SET", key, args, len(key or b""), 5, None, None, Flag.WRITE)


def test_the_price_list_of_the_benchmark_is_a_price_list(tmp_path: Path) -> None:
    products = offers.write_offer(tmp_path / "index.json", 200_000)
    assert (tmp_path / "index.json").stat().st_size > 150_000
    found = read_offer(tmp_path / "index.json")
    assert found.header.service == "AmazonRDS"
    assert len(found.rows) == 8 * (products - sum(found.left_out.values()))  # one on demand, seven reserved


def test_the_search_is_timed_on_months_that_differ_and_fit() -> None:
    run = sizing.by_month()
    assert len(set(run)) == sizing.MONTHS + 1
    sized = search.months(["memorydb-valkey", "elasticache-valkey+aurora-standard"], run, sizing.ANSWERS)
    assert all(one.total for months in sized.values() for one in months)
