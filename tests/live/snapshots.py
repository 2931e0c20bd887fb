"""Snapshots for tests: made by a real engine, read back as population, loaded into another, and compared by content."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import redis

from engine import processes
from engine.cluster.binaries import Engine
from engine.cluster.folders import private_folder
from engine.traces.formats.reader import About, Options
from engine.traces.snapshots.population import population_blocks
from tests.live.waiting import wait_until

DATA = Path(__file__).parents[1] / "data" / "rdb"
PLAIN = Options(redact=False)
Words = tuple[bytes, ...]


@contextlib.contextmanager
def standing_engine(engine: Engine, folder: Path, *options: str) -> Iterator[Any]:
    """An engine without a network, which has the `dump.rdb` of its folder loaded."""
    sockets = private_folder()  # a test's own folder has too long a path for a socket
    place = sockets / "s"
    words = ["--port", "0", "--unixsocket", str(place), "--dir", str(folder), "--save", "", *options]
    process = processes.spawn([str(engine.path), *words])
    client = redis.Redis(unix_socket_path=str(place))
    try:
        wait_until(place.exists, "the engine's socket")
        client.ping()
        yield client
    finally:
        client.close()
        process.kill()
        processes.end(process)
        shutil.rmtree(sockets)


def saved(engine: Engine, folder: Path, commands: Sequence[Sequence[Any]], *options: str) -> Path:
    """A snapshot of what the commands make."""
    with standing_engine(engine, folder, *options) as client:
        for words in commands:
            client.execute_command(*words)
        client.save()
    return folder / "dump.rdb"


def population(
    path: Path, options: Options = PLAIN, *, ends_exactly: bool = True
) -> tuple[list[tuple[int, Words]], About]:
    """The commands of a snapshot with their databases, and what was learned."""
    about = About("rdb")
    commands: list[tuple[int, Words]] = []
    for block in population_blocks(path, path.name, options, about, ends_exactly=ends_exactly):
        assert block.population
        commands += zip(block.db.tolist(), map(tuple, block.words()), strict=True)
    return commands, about


def content(client: Any) -> dict[tuple[int, bytes], Any]:
    """Everything in a server by database and key: type and content, streams with groups and what waits in them."""
    found = {}
    databases = [int(name.removeprefix("db")) for name in client.info("keyspace")]
    for db in databases:
        client.execute_command("SELECT", db)
        found.update({(db, key): _value(client, key) for key in client.scan_iter()})
    client.execute_command("SELECT", 0)
    return found


def _value(client: Any, key: bytes) -> tuple[bytes, Any]:
    kind = client.type(key)
    read = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1, withscores=True),
        b"stream": lambda: _stream(client, key),
    }
    return kind, read[kind]()


def _stream(client: Any, key: bytes) -> Any:
    about = client.xinfo_stream(key)
    groups = [
        (group, client.xinfo_consumers(key, group["name"]) and _waiting(client, key, group["name"]))
        for group in client.xinfo_groups(key)
    ]
    kept = ("length", "last-generated-id", "entries-added", "max-deleted-entry-id")
    return {name: about.get(name) for name in kept}, client.xrange(key), groups


def _waiting(client: Any, key: bytes, group: bytes) -> Any:
    rows = client.xpending_range(key, group, "-", "+", 10_000)
    return [(row["message_id"], row["consumer"], row["times_delivered"]) for row in rows]
