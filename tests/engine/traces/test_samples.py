"""The bundled recording is the one its script makes, large enough, and free of what a cluster would refuse."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from engine import commands
from engine.traces.model import Flag, Operation
from engine.traces.samples import ECOMMERCE
from engine.traces.samples.record_ecommerce import COMMANDS_PER_S, CONNECTIONS
from engine.traces.samples.shop import Shop, Step
from engine.traces.store import iter_operations
from tests.engine.traces.reading_as_is import read_recording


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Operation]:
    target = tmp_path_factory.mktemp("sample") / "trace.parquet"
    read_recording(ECOMMERCE, target)
    return list(iter_operations(target))


@cache
def small_shop(seed: int) -> tuple[tuple[tuple[str, ...], ...], tuple[Step, ...]]:
    shop = Shop(seed=seed, products=300, users=200)
    return tuple(shop.population()), tuple(shop.visits(seconds=2, commands_per_s=1000, connections=6))


def words(operation: Operation) -> tuple[bytes, ...]:
    assert operation.args is not None
    return (operation.cmd.encode(), *operation.args)


def test_every_connection_of_the_recording_sent_what_the_script_of_seed_7_says(recorded: list[Operation]) -> None:
    shop = Shop(seed=7)
    assert sum(1 for _ in shop.population()) > 100_000
    planned: dict[int, list[tuple[bytes, ...]]] = defaultdict(list)
    for step in shop.visits(seconds=30, commands_per_s=COMMANDS_PER_S, connections=CONNECTIONS):
        planned[step.connection].extend(tuple(word.encode() for word in command) for command in step.commands)
    sent: dict[int, list[tuple[bytes, ...]]] = defaultdict(list)
    for operation in recorded:
        if not operation.flags & Flag.LUA:
            sent[operation.conn].append(words(operation))
    assert sorted(sent.values()) == sorted(planned.values())


def test_the_recording_has_every_kind_of_work_of_a_shop(recorded: list[Operation]) -> None:
    kinds = Counter((operation.cmd, (operation.key or b"").split(b":")[0]) for operation in recorded)
    assert len(recorded) >= 60_000
    for kind in [
        ("SET", b"session"),
        ("GET", b"session"),
        ("GETEX", b"session"),
        ("SET", b"product"),
        ("SET", b"stock"),
        ("HSET", b"cart"),
        ("HGETALL", b"cart"),
        ("EXPIRE", b"cart"),
        ("LPUSH", b"recent"),
        ("SADD", b"wishlist"),
        ("ZINCRBY", b"bestsellers"),
        ("ZREVRANGE", b"bestsellers"),
        ("DECRBY", b"stock"),
        ("EVAL", b"rate"),
        ("INCR", b"rate"),
        ("SET", b"flash"),
        ("HSET", b"user"),
        ("HSET", b"order"),
        ("MULTI", b""),
    ]:
        assert kinds[kind] >= 50, kind


def test_about_three_of_four_keyed_commands_read(recorded: list[Operation]) -> None:
    keyed = [found for operation in recorded if (found := commands.find(operation.cmd)) and operation.key is not None]
    reads, writes = sum(command.readonly for command in keyed), sum(command.write for command in keyed)
    assert 0.70 < reads / (reads + writes) < 0.80


def test_no_command_of_the_recording_crosses_slots(recorded: list[Operation]) -> None:
    assert all(len(commands.key_indexes(operation.cmd, operation.args or ())) <= 1 for operation in recorded)


def test_the_recording_names_no_machine_but_the_loopback() -> None:
    with gzip.open(ECOMMERCE) as lines:
        clients = {line.split(b"]", 1)[0].split(b" ")[-1].split(b":")[0] for line in lines if b"[" in line}
    assert clients == {b"127.0.0.1", b"lua"}


def test_the_recording_carries_no_name_or_time_in_its_gzip_header() -> None:
    assert ECOMMERCE.read_bytes()[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_the_bundled_file_stays_small() -> None:
    assert ECOMMERCE.stat().st_size < 3_500_000
    assert Path(ECOMMERCE).with_name("README.md").is_file()


def test_the_same_seed_gives_the_same_shop() -> None:
    first = small_shop(3)
    small_shop.cache_clear()
    assert small_shop(3) == first


def test_another_seed_gives_another_shop() -> None:
    assert small_shop(3) != small_shop(4)


def test_steps_are_due_in_order_and_on_known_connections() -> None:
    _, steps = small_shop(3)
    due = [step.due_us for step in steps]
    assert due == sorted(due)
    assert {step.connection for step in steps} <= set(range(6))


def test_a_transaction_leaves_in_one_piece() -> None:
    _, steps = small_shop(3)
    transactions = [step.commands for step in steps if len(step.commands) > 1]
    assert transactions
    assert all(commands[0] == ("MULTI",) and commands[-1] == ("EXEC",) for commands in transactions)
    assert not any(step.commands[0][0] in ("MULTI", "EXEC") for step in steps if len(step.commands) == 1)


def test_a_page_that_is_not_cached_is_filled_after_it_was_missed() -> None:
    population, steps = small_shop(3)
    cached = {command[1] for command in population if command[0] == "SET"}
    filled = [step.commands[0][1] for step in steps if step.commands[0][0] == "SET"]
    assert any(key.startswith("product:") and key not in cached for key in filled)
