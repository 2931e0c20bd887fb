"""The standard load of every run: GET and SET of 100-byte values by 50 unpipelined connections, as fast as one node answers.

What the server's main thread spends per operation then is the yardstick for the workload's own operations. Node types are
rated in such operations (FACTS: 100-byte values, no pipelining), so the ratio can be carried to them, and this machine's
clock cannot get in.
"""

from __future__ import annotations

import selectors
import socket
from dataclasses import dataclass
from typing import Any

from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.cluster.node import HOST, Node
from engine.errors import Interrupted
from engine.measurement import Calibration
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay import probe, resp
from engine.replay.link import connect

CONNECTIONS = 50
VALUE_BYTES = 100
_KEYS = 10_000
_OPERATIONS = 20_000
_ROUNDS = 3  # the least of them counts: what disturbs a round only ever adds to it


@dataclass(slots=True)
class _Conn:
    sock: socket.socket
    got: int = 0


def calibrate(engine: Engine, *, report: Report = ignore, should_stop: ShouldStop = never) -> Calibration:
    """Boot one node of `engine`, load it, and answer the CPU time per operation (µs)."""
    report(Progress("calibrate", message="Measuring GET and SET of 100 bytes on one node"))
    with boot(ClusterSpec(engine, shards=1, replicas=0), should_stop=should_stop) as cluster:
        node = cluster.shards[0].primary
        sets = [resp.command([b"SET", b"calibration:%08d" % key, b"x" * VALUE_BYTES]) for key in range(_KEYS)]
        gets = [resp.command([b"GET", b"calibration:%08d" % key]) for key in range(_KEYS)]
        set_us, set_exec = _cost(cluster, node, sets, len(b"+OK\r\n"), should_stop)
        get_us, get_exec = _cost(cluster, node, gets, len(b"$100\r\n") + VALUE_BYTES + 2, should_stop)
    # One overhead for both, as the workload's operations get it: its noise from run to run then leaves their ratio alone.
    overhead = max((set_us - set_exec + get_us - get_exec) / 2, 0.0)
    return Calibration(overhead + get_exec, overhead + set_exec, overhead, operations=2 * _ROUNDS * _OPERATIONS)


def _cost(
    cluster: LocalCluster, node: Node, requests: list[bytes], reply_bytes: int, should_stop: ShouldStop
) -> tuple[float, float]:
    """Main-thread CPU and execution time per operation of the cheapest round, both in µs."""
    _drive(node.port, cluster.password, requests, reply_bytes, len(requests), should_stop)  # fill and warm up
    return min(_round(cluster, node, requests, reply_bytes, should_stop) for _ in range(_ROUNDS))


def _round(
    cluster: LocalCluster, node: Node, requests: list[bytes], reply_bytes: int, should_stop: ShouldStop
) -> tuple[float, float]:
    probe.reset_command_times(cluster)
    before = probe.counters(node)
    _drive(node.port, cluster.password, requests, reply_bytes, _OPERATIONS, should_stop)
    after = probe.counters(node)
    times = probe.command_times([node])
    execution = sum(times[cmd].usec for cmd in ("GET", "SET") if cmd in times) / _OPERATIONS
    if before.main_thread_us is None or after.main_thread_us is None:
        raise Interrupted("This engine does not tell its main thread's CPU time (INFO cpu); Redis 6.2 or later does.")
    return (after.main_thread_us - before.main_thread_us) / _OPERATIONS, execution


def _drive(
    port: int, password: str, requests: list[bytes], reply_bytes: int, operations: int, should_stop: ShouldStop
) -> None:
    """Closed loop, one request in flight on each connection."""
    stop_if_asked(should_stop)
    with selectors.DefaultSelector() as selector:
        conns = [_Conn(connect(HOST, port, password)) for _ in range(CONNECTIONS)]
        for at, conn in enumerate(conns):
            selector.register(conn.sock, selectors.EVENT_READ, conn)
            conn.sock.send(requests[at % len(requests)])
        _closed_loop(selector, requests, reply_bytes, operations)
        for conn in conns:
            conn.sock.close()


def _closed_loop(selector: selectors.BaseSelector, requests: list[bytes], reply_bytes: int, operations: int) -> None:
    sent, answered = CONNECTIONS, 0
    while answered < operations:
        for key, _ in selector.select():
            conn: Any = key.data
            conn.got += len(conn.sock.recv(reply_bytes - conn.got))
            if conn.got < reply_bytes:
                continue
            conn.got = 0
            answered += 1
            if sent < operations:
                conn.sock.send(requests[sent % len(requests)])
                sent += 1
