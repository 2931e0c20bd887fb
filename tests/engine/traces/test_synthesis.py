"""Ready workloads: readable files, the same bytes from the same seed, and sliders that do what they say."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import commands
from engine.errors import Cancelled, InputError
from engine.progress import Progress
from engine.traces.families import family
from engine.traces.generation import catalogue
from engine.traces.generation.parsing import parse
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import iter_operations, read_header
from engine.traces.summaries.shape import WorkloadShape
from engine.traces.synthesis import generate, generate_from_shape, ready_workloads

WORKLOADS = {workload.id: workload for workload in ready_workloads()}
REQUIRED = {
    "leaderboard": "ZINCRBY ZREVRANGE",
    "session-store": "GET SET EXPIRE",
    "rate-limiter": "EVALSHA INCR",
    "inventory": "DECRBY HINCRBY MULTI EXEC",
    "stream-queue": "XADD XREADGROUP XACK",
    "accounts-multi": "MULTI DECRBY LPUSH EXEC",
    "accounts-lua": "EVALSHA",
    "shopping-cart": "HSET HGETALL HDEL",
    "customer-service": "HSET HGETALL SCAN DEL",
    "geospatial": "GEOADD GEOSEARCH",
    "cluster-read-mostly": "GET SET",
    "cluster-invalidating": "GET SET DEL",
    "cluster-write-heavy": "GET SET",
    "cluster-counters": "GET SET INCR",
}


def small(ident: str, **more: float) -> dict[str, float]:
    """Values that generate a trace of some hundred operations."""
    low = next(slider.low for slider in WORKLOADS[ident].sliders if slider.name == "keys")
    return {"keys": max(low, 100.0), "rate": 200.0, "duration_s": 3.0, **more}


def made(folder: Path, ident: str, *, seed: int = 1, **more: float) -> tuple[TraceHeader, list[Operation]]:
    """The header and operations of a small trace."""
    target = folder / "trace.parquet"
    header = generate(ident, small(ident, **more), seed=seed, target=target)
    assert read_header(target) == header
    return header, list(iter_operations(target))


def sent(header: TraceHeader, operations: list[Operation]) -> list[Operation]:
    """What clients send: without the population and the lines scripts run."""
    return [each for each in operations[header.population :] if not each.flags & Flag.LUA]


def share_of_reads(operations: list[Operation]) -> float:
    reads = sum(each.key is not None and is_read(each.cmd) for each in operations)
    writes = sum(bool(each.flags & Flag.WRITE) for each in operations)
    return reads / (reads + writes)


def is_read(name: str) -> bool:
    command = commands.find(name)
    return command is not None and command.readonly


def test_every_workload_asked_for_is_there_with_its_sliders() -> None:
    assert set(WORKLOADS) == set(REQUIRED)
    for workload in WORKLOADS.values():
        names = [slider.name for slider in workload.sliders]
        assert names == ["keys", "rate", "value_size", "read_share", "skew", "duration_s"]
        default = {slider.name: slider.default for slider in workload.sliders}
        assert default["rate"] * default["duration_s"] + default["keys"] <= 200_000
        assert workload.title
        assert workload.summary.endswith(".")


def test_workloads_shaped_by_published_figures_say_whose_they_are() -> None:
    published = [workload for workload in WORKLOADS.values() if workload.id.startswith("cluster-")]
    assert len(published) >= 3
    for workload in published:
        assert "CC BY 4.0" in workload.attribution
        assert "Twitter" in workload.attribution


@pytest.mark.parametrize("ident", WORKLOADS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(ident: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, operations = made(tmp_path / "a", ident, seed=7)
    again, same = made(tmp_path / "b", ident, seed=7)
    assert (first, operations) == (again, same)
    assert (tmp_path / "a/trace.parquet").read_bytes() == (tmp_path / "b/trace.parquet").read_bytes()
    other, others = made(tmp_path / "a", ident, seed=8)
    assert operations != others
    assert first.source_sha256 != other.source_sha256


@pytest.mark.parametrize("ident", WORKLOADS)
def test_a_workload_holds_its_commands_in_order_of_time_on_its_connections(ident: str, tmp_path: Path) -> None:
    header, operations = made(tmp_path, ident, rate=500.0)
    assert set(REQUIRED[ident].split()) <= {each.cmd for each in sent(header, operations)}
    times = [each.t_us for each in operations]
    assert times == sorted(times)
    assert times[-1] <= header.duration_us == 3_000_000
    assert {each.conn for each in operations} <= set(range(header.connections))
    assert len(header.group_of) == header.connections
    assert header.operations == len(operations)


@pytest.mark.parametrize("ident", WORKLOADS)
def test_rate_and_read_share_are_as_set(ident: str, tmp_path: Path) -> None:
    """Random arrivals: of 3,000 commands in actions of up to five, 10 % is more than four standard deviations."""
    slider = next(slider for slider in WORKLOADS[ident].sliders if slider.name == "read_share")
    for share in (slider.low, 0.6, slider.high):
        header, operations = made(tmp_path, ident, rate=1000.0, read_share=share)
        assert len(sent(header, operations)) / 3.0 == pytest.approx(1000.0, rel=0.1)
        assert share_of_reads(operations[header.population :]) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("ident", WORKLOADS)
def test_as_many_keys_as_asked_for_stand_there_at_the_start(ident: str, tmp_path: Path) -> None:
    header, operations = made(tmp_path, ident, keys=137.0)
    population = operations[: header.population]
    assert all(each.t_us == 0 and each.flags & Flag.SYNTHETIC for each in population)
    keys = Counter(family(key) for key in {each.key for each in population if each.key is not None})
    assert max(keys.values()) == 137


def test_values_have_the_mean_size_that_was_set(tmp_path: Path) -> None:
    header, operations = made(tmp_path, "session-store", keys=4_000.0, value_size=500.0)
    sizes = [each.value_len or 0 for each in operations[: header.population]]
    assert sum(sizes) / len(sizes) == pytest.approx(500, rel=0.1)
    assert max(sizes) > 2 * 500


def test_more_skew_makes_the_hottest_key_hotter(tmp_path: Path) -> None:
    hottest = []
    for skew in (0.0, 0.9, 1.5):
        header, operations = made(tmp_path, "session-store", skew=skew, rate=1000.0)
        uses = Counter(each.key for each in sent(header, operations))
        hottest.append(uses.most_common(1)[0][1] / sum(uses.values()))
    assert hottest[0] < 0.03
    assert hottest[0] < hottest[1] < hottest[2]


def test_transactions_stand_together_and_scripts_are_loaded_before_they_run(tmp_path: Path) -> None:
    header, operations = made(tmp_path, "accounts-multi")
    inside = [each for each in operations[header.population :] if each.flags & Flag.TRANSACTION]
    names = " ".join(each.cmd for each in inside)
    assert names.replace("MULTI DECRBY LPUSH LTRIM EXEC", "").replace("MULTI INCRBY LPUSH EXEC", "").split() == []
    header, operations = made(tmp_path, "accounts-lua")
    assert operations[header.population].cmd == "SCRIPT LOAD"
    place = next(place for place, each in enumerate(operations) if each.cmd == "EVALSHA")
    run = operations[place + 1 : place + 5]
    assert [each.cmd for each in run] == ["GET", "DECRBY", "LPUSH", "LTRIM"]
    assert all(each.flags & Flag.LUA and each.conn == operations[place].conn for each in run)


def test_workers_only_acknowledge_what_was_produced(tmp_path: Path) -> None:
    header, operations = made(tmp_path, "stream-queue", keys=4.0, rate=1000.0)
    produced: Counter[bytes | None] = Counter()
    for each in sent(header, operations):
        assert each.args is not None
        if each.cmd == "XADD":
            produced[each.key] += 1
            assert b"%d-0" % produced[each.key] in each.args
        elif each.cmd == "XACK" and produced[each.key]:
            assert int(each.args[2].removesuffix(b"-0")) <= produced[each.key]


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_values_within_the_sliders_give_a_valid_trace(tmp_path: Path, data: st.DataObject) -> None:
    ident = data.draw(st.sampled_from(sorted(WORKLOADS)))
    chosen = {}
    for slider in WORKLOADS[ident].sliders:
        high = min(slider.high, {"keys": 300, "value_size": 2_000, "rate": 300, "duration_s": 2}.get(slider.name, 10))
        numbers = st.integers(int(slider.low), int(high)) if slider.whole else st.floats(slider.low, high)
        chosen[slider.name] = float(data.draw(numbers, slider.name))
    header = generate(ident, chosen, seed=data.draw(st.integers(0, 1 << 32)), target=tmp_path / "trace.parquet")
    for each in iter_operations(tmp_path / "trace.parquet"):
        command = commands.find(each.cmd)
        assert command is not None
        assert each.args is not None
        words = len(each.args) + command.words
        assert words == command.arity or (command.arity < 0 and words >= -command.arity)
    assert header.duration_us == round(chosen["duration_s"] * 1e6)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"keys": 1e9}, r"keys: 1,000,000,000 is out of range.*from 100 to 1,000,000"),
        ({"keys": 100.5}, r"keys: .*a whole number"),
        ({"rate": float("nan")}, "rate: nan is out of range"),
        ({"read_share": -0.1}, "read_share: -0.1 is out of range"),
        ({"speed": 1.0}, "speed: there is no such parameter"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(chosen: dict[str, float], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        generate("leaderboard", chosen, seed=1, target=tmp_path / "trace.parquet")
    assert list(tmp_path.glob("*.parquet")) == []


def test_an_unknown_workload_and_a_negative_seed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no workload “nothing”.*leaderboard"):
        generate("nothing", {}, seed=1, target=tmp_path / "trace.parquet")
    with pytest.raises(InputError, match="-1 is no seed"):
        generate("leaderboard", {}, seed=-1, target=tmp_path / "trace.parquet")


def test_stopping_leaves_nothing_behind_and_progress_is_told(tmp_path: Path) -> None:
    told: list[Progress] = []
    with pytest.raises(Cancelled):
        generate(
            "session-store",
            {},
            seed=1,
            target=tmp_path / "trace.parquet",
            report=told.append,
            should_stop=lambda: bool(told) and told[-1].phase == "generate",
        )
    assert {each.phase for each in told} == {"population", "generate"}
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


# -- files ------------------------------------------------------------------------------------------------------------

GOOD = """
title = "One"
summary = "A key."

[parameters]
keys = { low = 1, default = 10, high = 100 }
rate = { low = 1, default = 10, high = 100 }
value_size = { low = 1, default = 10, high = 100 }
read_share = { low = 0.0, default = 0.5, high = 1.0 }
skew = { low = 0, default = 1, high = 2 }
duration_s = { low = 1, default = 1, high = 10 }

[variables.user]
draw = "zipf"
over = "keys"

[[actions]]
name = "read"
class = "read"
commands = ['GET "user:{user}"']

[[actions]]
name = "write"
class = "write"
commands = ['SET "user:{user}" 1']
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title = ", "title ", "my.toml: no TOML"),
        ('title = "One"', "title = 1", "my.toml, title: 1 does not fit. Expected: text"),
        ('summary = "A key."', "", "my.toml, summary: missing"),
        ("rate = { low = 1", "rate = { low = 50", "my.toml, parameters, rate: low 50, default 10"),
        ("draw = ", "drew = ", "my.toml, variables, user, draw: missing"),
        ('"zipf"', '"dice"', "my.toml, variables, user, draw: 'dice' does not fit. Expected: one of zipf"),
        ('over = "keys"', 'over = "kesy"', "my.toml, variables, user, over"),
        ('over = "keys"', 'over = "keys"\ncolour = 1', "my.toml, variables, user, colour: no such field"),
        ('class = "read"', 'class = "red"', "my.toml, actions 1, class: 'red' does not fit"),
        ('"user:{user}" 1', '"user:{usr}" 1', "my.toml, action write: “usr” is not declared"),
        ('"user:{user}" 1', '"user:{user" 1', "my.toml, actions 2, commands: a single {"),
        ('"user:{user}" 1', '"user:{user} 1', 'my.toml, actions 2, commands: “"user:.* is no word'),
        ("GET", "GTE", "my.toml, actions 1, commands: GTE is no command"),
        ('title = "One"', 'title = "One"\nconnections = 0', "my.toml, connections: 0 does not fit"),
        ('title = "One"', 'title = "One"\npeak = 3', "my.toml, peak: 3 does not fit"),
        ("low = 0.0, default = 0.5", "low = 0.5, default = 0.5", None),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_field(old: str, new: str, message: str | None) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if message is None:
        assert parse(text, "one", "my.toml").about.title == "One"
        return
    with pytest.raises(InputError, match=message):
        parse(text, "one", "my.toml")


def test_a_read_share_that_the_actions_cannot_give_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(GOOD.replace('class = "write"', 'class = "read"'))
    with pytest.raises(InputError, match=r"read_share: 0 to 1 cannot be reached.*between 0.500 and 0.500"):
        catalogue.read(path)


# -- workloads that match a summary ------------------------------------------------------------------------------------


def test_a_generated_workload_matches_the_figures_of_a_summary(tmp_path: Path) -> None:
    """Rates and shares within 10 %, keys and key length exactly, a fixed value size exactly."""
    shape = WorkloadShape(
        "typed", reads_per_s=900.0, writes_per_s=300.0, keys=4_000, item_bytes=412.0, key_bytes=24.0, hit_rate=0.8
    )
    header = generate_from_shape(shape, seed=1, duration_s=5, target=tmp_path / "trace.parquet")
    operations = list(iter_operations(tmp_path / "trace.parquet"))
    clients = sent(header, operations)
    assert len(clients) / 5 == pytest.approx(1200, rel=0.1)
    assert share_of_reads(clients) == pytest.approx(0.75, abs=0.03)
    there = {each.key: each.value_len for each in operations[: header.population] if each.cmd == "SET"}
    assert len(there) == 4_000
    assert set(there.values()) == {412 - 24 - 72}  # key and engine overhead taken off
    assert {len(key or b"") for key in there} == {24}
    reads = [each.key in there for each in clients if each.cmd == "GET"]
    assert sum(reads) / len(reads) == pytest.approx(0.8, abs=0.03)
    assert header.key_sampling == 1.0
    assert header.format == "generated"


def test_calls_by_command_and_times_to_live_are_matched(tmp_path: Path) -> None:
    rates = {"GET": 500.0, "HSET": 250.0, "ZADD": 125.0, "INCRBY": 125.0}
    shape = WorkloadShape("info", commands={**rates, "INFO": 1.0}, keys=2_000, item_bytes=500.0, ttl_share=0.25)
    header = generate_from_shape(shape, seed=2, duration_s=5, target=tmp_path / "trace.parquet")
    operations = list(iter_operations(tmp_path / "trace.parquet"))
    found = Counter(each.cmd for each in sent(header, operations))
    for name, per_s in rates.items():
        assert found[name] / 5 == pytest.approx(per_s, rel=0.12)
    keys = {each.key for each in operations[: header.population]}
    expiring = {each.key for each in operations[: header.population] if each.cmd == "PEXPIRE"}
    assert len(keys) == pytest.approx(2_000, abs=8)
    assert len(expiring) / len(keys) == pytest.approx(0.25, abs=0.01)


def test_a_workload_too_large_to_generate_is_sampled_by_key(tmp_path: Path) -> None:
    shape = WorkloadShape("cloudwatch", reads_per_s=3e6, writes_per_s=1e6, keys=1_000_000, bytes_used=1 << 30)
    header = generate_from_shape(shape, seed=1, duration_s=1, target=tmp_path / "trace.parquet")
    assert header.key_sampling == pytest.approx(20_000 / 4e6)
    assert header.population == 5_000
    assert header.operations - header.population == pytest.approx(20_000, rel=0.1)
    assert any("Sampled by key: 0.5000%" in note for note in header.notes)


def test_a_summary_without_rates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not tell how many commands"):
        generate_from_shape(WorkloadShape("typed", keys=5), seed=1, duration_s=1, target=tmp_path / "trace.parquet")


def test_sliders_travel_as_plain_data() -> None:
    assert all(asdict(slider) for workload in WORKLOADS.values() for slider in workload.sliders)
