"""The load that the player and its rivals are given: GET and SET of 100-byte values in equal parts over 50 connections.

The player and the closed loop send the very same bytes, those of one plan; redis-benchmark sends its own of the same kind.
"""

from __future__ import annotations

import dataclasses
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.cluster.local import LocalCluster
from engine.cluster.node import HOST
from engine.errors import Interrupted
from engine.replay.link import connect
from engine.replay.plan import INDEX, PlanFiles
from engine.replay.planning import compile_plan
from engine.replay.records import read_records
from engine.replay.survey import Survey
from engine.slots import key_slot
from engine.traces.model import Flag, Operation, TraceHeader

CONNECTIONS = 50
VALUE_BYTES = 100
OPERATIONS = 100_000
KEYS = 10_000
UNREACHABLE_SPEED = 1e9
_OK_BYTES = len(b"+OK\r\n")
_VALUE_REPLY_BYTES = len(b"$100\r\n") + VALUE_BYTES + 2


def operations(count: int) -> Iterator[Operation]:
    """Every connection sets and gets in turn; a key is set before it is read."""
    for number in range(count):
        turn, conn = divmod(number, CONNECTIONS)
        pair, is_get = divmod(turn, 2)
        key = b"bench:%08d" % ((pair * CONNECTIONS + conn) % KEYS)
        yield _operation(number, conn, key, is_get=bool(is_get))


def _operation(number: int, conn: int, key: bytes, *, is_get: bool) -> Operation:
    args = (key,) if is_get else (key, b"x" * VALUE_BYTES)
    cmd, flags = ("GET", Flag(0)) if is_get else ("SET", Flag.WRITE)
    value_len = 0 if is_get else VALUE_BYTES
    return Operation(number, conn, 0, cmd, key, args, len(key), value_len, None, None, flags)


def apart(count: int) -> Iterator[Operation]:
    """As `redis-benchmark -t set,get -r KEYS` does, SETs and then as many GETs of its keys at random, and no connection waits
    for another: the keys of a slot are all one connection's."""
    by_connection: list[list[bytes]] = [[] for _ in range(CONNECTIONS)]
    for key in _keys():
        by_connection[key_slot(key) % CONNECTIONS].append(key)
    drawn = np.random.default_rng(1).integers(1 << 32, size=count).tolist()
    owned = (by_connection[number % CONNECTIONS] for number in range(count))
    return _sets_then_gets(count, (keys[which % len(keys)] for keys, which in zip(owned, drawn, strict=True)))


def mixed_up(count: int) -> Iterator[Operation]:
    """The same with keys that all connections share: a write waits for those before it to its slot."""
    keys = _keys()
    return _sets_then_gets(
        count, (keys[which] for which in np.random.default_rng(1).integers(KEYS, size=count).tolist())
    )


def _keys() -> list[bytes]:
    """Those of redis-benchmark: other ones lie in more or fewer slots, which costs the server time of its own."""
    return [b"key:%012d" % number for number in range(KEYS)]


def _sets_then_gets(count: int, keys: Iterable[bytes]) -> Iterator[Operation]:
    for number, key in enumerate(keys):
        yield _operation(number, number % CONNECTIONS, key, is_get=number >= count // 2)


def set_pace(files: PlanFiles, rate: float) -> None:
    """Have the plan's units fall due evenly, `rate` a second."""
    index = np.fromfile(files.index, dtype=INDEX)
    index["due_ns"] = np.arange(len(index)) * (1e9 / rate)
    index.tofile(files.index)


def set_clients(files: PlanFiles, clients: int) -> None:
    """Have the plan's connections share so many; the units stay the same."""
    files.write_facts(dataclasses.replace(files.read_facts(), clients=clients))


def lateness_us(files: PlanFiles) -> float:
    """The 99th percentile of sent − due over the last play."""
    records = read_records(files)
    return float(np.quantile(records.sent_ns - records.due_ns, 0.99)) / 1000


def write_plan(
    files: PlanFiles, count: int = OPERATIONS, *, operations: Callable[[int], Iterator[Operation]] = operations
) -> None:
    """The plan of the load at a pace nobody can keep: everything is due at once."""
    survey = Survey()
    for operation in operations(count):
        survey.look_at(operation)
    survey.close()
    header = TraceHeader("monitor", "benchmark", "", 0, count, CONNECTIONS, count, 1, None)
    compile_plan(operations(count), header, survey, files, speed=UNREACHABLE_SPEED)


def depth(files: PlanFiles, outcome: Mapping[str, Any]) -> float:
    """Operations in flight on each connection, averaged over the last play (Little's law: rate × mean time in flight)."""
    records = read_records(files)
    flying_ns = int((records.done_ns - records.sent_ns).sum(dtype=np.int64))
    return flying_ns / int(outcome["ended_ns"]) / CONNECTIONS


@dataclass(slots=True)
class _Conn:
    sock: socket.socket
    requests: list[tuple[bytes, int]]  # with the length of the reply
    at: int = 0
    got: int = 0


def closed_loop(files: PlanFiles, cluster: LocalCluster) -> float:
    """Operations per second of raw sockets that send the plan's requests, one in flight on each connection."""
    conns = [
        _Conn(connect(HOST, cluster.shards[0].primary.port, cluster.password), requests)
        for requests in _requests(files)
    ]
    total = sum(len(conn.requests) for conn in conns)
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for conn in conns:
            selector.register(conn.sock, selectors.EVENT_READ, conn)
            conn.sock.send(conn.requests[0][0])
        answered = 0
        while answered < total:
            answered += sum(_take(key.data) for key, _ in selector.select())
        elapsed = time.perf_counter() - started
    for conn in conns:
        conn.sock.close()
    return total / elapsed


def _take(conn: _Conn) -> int:
    """Receive; once the reply is whole, send the next request. Answers how many replies became whole."""
    wanted = conn.requests[conn.at][1]
    received = len(conn.sock.recv(wanted - conn.got))
    if not received:
        raise Interrupted("The engine closed a connection during the closed loop.")
    conn.got += received
    if conn.got < wanted:
        return 0
    conn.got = 0
    conn.at += 1
    if conn.at < len(conn.requests):
        conn.sock.send(conn.requests[conn.at][0])
    return 1


def _requests(files: PlanFiles) -> list[list[tuple[bytes, int]]]:
    payload = files.payload.read_bytes()
    kinds = files.read_facts().kinds
    found: list[list[tuple[bytes, int]]] = [[] for _ in range(CONNECTIONS)]
    for unit in files.read_index().tolist():
        _, start, length, client, _, _, _, kind, _, _ = unit
        reply = _VALUE_REPLY_BYTES if kinds[kind] == "GET" else _OK_BYTES
        found[client].append((payload[start : start + length], reply))
    return found
