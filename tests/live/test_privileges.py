"""Rights read from a recording hold on a real server: the recording passes under them, what is outside is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engine.cluster.binaries import Engine
from engine.replay.privileges_check import PASSWORD, acl_server, check_privileges, load_user
from engine.traces.model import Flag, Operation
from engine.traces.privileges import GroupPrivileges, privileges
from engine.traces.store import iter_operations, read_header
from tests.engine.traces.reading_as_is import read_recording
from tests.engine.traces.trace_building import operation, stored

pytestmark = pytest.mark.live

MIXED = Path(__file__).parents[1] / "data" / "monitor" / "mixed_7.0.15.txt.gz"
_NOT_SENT = ("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "AUTH", "HELLO", "QUIT", "RESET")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mixed") / "t.parquet"
    read_recording(MIXED, path)
    return path


@pytest.fixture(scope="module")
def server(embedded_engine: Engine) -> Iterator[redis.Redis]:
    with acl_server(embedded_engine) as client:
        yield client


def test_every_call_of_the_mixed_recording_passes_and_what_is_outside_is_refused(
    mixed: Path, engines: tuple[Engine, ...]
) -> None:
    groups = privileges(mixed)
    for engine in engines:
        for group in check_privileges(groups, engine):
            assert group.checked is not None
            assert group.checked.mistakes == ()
            assert group.checked.allowed >= len(group.commands) - 1
            assert group.checked.refused >= 3


def test_the_mixed_recording_runs_under_its_users_without_a_refusal(mixed: Path, server: redis.Redis) -> None:
    groups = privileges(mixed)
    header = read_header(mixed)
    loaded = {group.group: load_user(server, group) for group in groups}
    batches: dict[str, list[Operation]] = {name: [] for name in loaded}
    for one in iter_operations(mixed):
        batches[header.groups[header.group_of[one.conn]]].append(one)
    for name, operations in batches.items():
        sent, refused = _run(server, loaded[name], operations)
        assert refused == []
        assert sent > 0.9 * sum(not one.flags & Flag.LUA for one in operations)


def test_a_command_a_key_and_a_channel_outside_the_rights_are_refused(tmp_path: Path, server: redis.Redis) -> None:
    path = stored(tmp_path / "t", [operation("GET user:1"), operation("SET put:1 x"), operation("PUBLISH news x")])
    (group,) = privileges(path)
    with _client(server, load_user(server, dataclasses.replace(group, user="narrow"))) as client:
        assert client.get("user:2") is None
        assert client.set("put:9", "y")
        assert client.publish("news", "x") == 0
        for call in (
            ("GET", "other:1"),
            ("SET", "user:1", "x"),
            ("GET", "put:1"),
            ("DEL", "put:1"),
            ("PUBLISH", "x", "y"),
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*call)


def test_a_script_runs_with_the_rights_it_needs_and_fails_without_them(tmp_path: Path, server: redis.Redis) -> None:
    script = b"redis.call('INCR', KEYS[1]) return redis.call('PEXPIRE', KEYS[1], 1000)"
    path = stored(tmp_path / "t", [operation((b"EVAL", script, b"1", b"hits:1"))])
    (group,) = privileges(path)
    whole = load_user(server, dataclasses.replace(group, user="scripted"))
    with _client(server, whole) as client:
        assert client.eval(script, 1, "hits:2") == 1
    fewer = {name: count for name, count in group.commands.items() if name != "PEXPIRE"}
    narrower = load_user(server, dataclasses.replace(group, user="unscripted", commands=fewer))
    refused = pytest.raises(redis.exceptions.ResponseError, match=r"(?i)permission")
    with _client(server, narrower) as client, refused:
        client.eval(script, 1, "hits:2")


def _client(server: redis.Redis, group: GroupPrivileges) -> redis.Redis:
    port = server.connection_pool.connection_kwargs["port"]
    return redis.Redis(host="127.0.0.1", port=port, username=group.user, password=PASSWORD, socket_timeout=30)


def _run(server: redis.Redis, group: GroupPrivileges, operations: list[Operation]) -> tuple[int, list[str]]:
    """Send what clients sent and what does not wait; (how many, those refused for want of rights)."""
    calls = [
        (*one.cmd.encode().split(), *(one.args or ()))
        for one in operations
        if not one.flags & (Flag.LUA | Flag.BLOCKING) and one.cmd not in _NOT_SENT and one.cmd in group.commands
    ]
    with _client(server, group) as client:
        connection = client.connection_pool.get_connection()
        try:
            connection.send_packed_command(connection.pack_commands(calls))
            answers = [_answer(connection) for _ in calls]
        finally:
            client.connection_pool.release(connection)
    return len(calls), [answer for answer in answers if "permission" in answer.lower()]


def _answer(connection: redis.Connection) -> str:
    try:
        connection.read_response(disable_decoding=True)
    except redis.exceptions.ResponseError as error:
        return str(error)
    return ""
