"""Boots a real cluster on this machine: N shards x (1 + R) engine processes, joined and replicating.

The nodes find each other through a prepared `nodes.conf` each, so that booting needs no join commands; what is left is the
two seconds for which a restarted primary refuses to serve. Everything lives in one private temporary folder; every process
dies with its owner; a folder left behind by a killed owner is swept at the next boot.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis

from engine import processes, units
from engine.cluster import disks
from engine.cluster.binaries import Engine
from engine.cluster.folders import private_folder
from engine.cluster.node import HOST, Node, NodeSpec, start
from engine.errors import InputError, Interrupted
from engine.progress import ShouldStop, never, stop_if_asked
from engine.slots import slot_ranges

MAX_NODES = 48
NODE_OVERHEAD_BYTES = 24 << 20  # an empty node with its cluster bus, as RSS
_BOOT_TIMEOUT_S = 30.0
_BOOT_TRIES = 3
_POLL_S = 0.02
_MEMORY_SHARE = 0.8  # of what is free now; the rest is for the player, the tap and everybody else


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """`data_bytes`: what the keys of all shards together are expected to need once; checked against free memory.

    `durable`: every node syncs its append-only file at every write. `log_bytes`: what those files of one copy of all shards
    are expected to take; checked against the free disk."""

    engine: Engine
    shards: int = 3
    replicas: int = 1
    data_bytes: int = 0
    durable: bool = False
    log_bytes: int = 0

    @property
    def nodes(self) -> int:
        """Engine processes in all."""
        return self.shards * (1 + self.replicas)


@dataclass(frozen=True, slots=True)
class Shard:
    """One primary with its replicas; serves the slots `first`…`last`."""

    index: int
    first: int
    last: int
    primary: Node
    replicas: tuple[Node, ...]


class LocalCluster:
    """A running cluster. Close it, or use `boot` as a context manager."""

    def __init__(self, spec: ClusterSpec, folder: Path, shards: tuple[Shard, ...], password: str) -> None:
        self.spec = spec
        self.folder = folder
        self.shards = shards
        self.password = password

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, primaries first."""
        return tuple(s.primary for s in self.shards) + tuple(node for s in self.shards for node in s.replicas)

    def casualty(self) -> str | None:
        """Says which engine process has ended, if one has."""
        for shard in self.shards:
            for role, node in [("primary", shard.primary), *(("replica", node) for node in shard.replicas)]:
                status = node.process.poll()
                if status is not None:
                    what = f"The engine process of shard {shard.index} ({role}, pid {node.process.pid})"
                    return f"{what} {processes.describe_exit(status)}."
        return None

    def require_alive(self) -> None:
        """Raise Interrupted when an engine process has ended."""
        if (casualty := self.casualty()) is not None:
            raise Interrupted(casualty)

    def close(self) -> None:
        """End every process and remove the folder."""
        for node in self.nodes:
            with contextlib.suppress(OSError):
                node.process.terminate()
        for node in self.nodes:
            node.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def boot(spec: ClusterSpec, *, should_stop: ShouldStop = never) -> Iterator[LocalCluster]:
    """A cluster for the length of a `with` block.

    Raises InputError when it cannot fit this machine, Interrupted when the engine would not start, Cancelled when asked.
    """
    _check_shape(spec)
    limit = _check_memory(spec)
    cluster = _boot_with_retries(spec, limit, should_stop)
    try:
        yield cluster
    finally:
        cluster.close()


def _check_shape(spec: ClusterSpec) -> None:
    if spec.shards < 1 or spec.replicas < 0:
        raise InputError(f"{spec.shards} shards with {spec.replicas} replicas each.", expected="at least 1 shard.")
    if spec.nodes > MAX_NODES:
        raise InputError(f"{spec.nodes} engine processes.", expected=f"at most {MAX_NODES} on one machine.")


def _check_memory(spec: ClusterSpec) -> int:
    """The memory limit of each node in bytes. Raises InputError when the expected data does not fit."""
    free = psutil.virtual_memory().available
    needed = spec.nodes * NODE_OVERHEAD_BYTES + spec.data_bytes * (1 + spec.replicas)
    usable = int(free * _MEMORY_SHARE)
    if needed > usable:
        raise InputError(
            f"replaying this on {spec.shards} shards with {spec.replicas} replicas each needs about "
            f"{units.format_bytes(needed)} of memory and {units.format_bytes(usable)} are usable here.",
            expected="a recording whose data fits this machine's free memory.",
            remedy="Use fewer replicas, a recording sampled by key, or a machine with more memory.",
        )
    return max((usable - spec.nodes * NODE_OVERHEAD_BYTES) // spec.nodes, NODE_OVERHEAD_BYTES)


def _folder(spec: ClusterSpec) -> Path:
    """A private folder; on a disk with room for the append-only files when they are to be synced."""
    if not spec.durable:
        return private_folder()
    place = disks.on_disk()
    disks.require_free(place, spec.log_bytes * (1 + spec.replicas))
    return private_folder(place)


def _boot_with_retries(spec: ClusterSpec, limit: int, should_stop: ShouldStop) -> LocalCluster:
    # A port that was free when we looked may be taken when the engine binds it: look again.
    for attempt in range(1, _BOOT_TRIES + 1):
        cluster = _start(spec, limit)
        try:
            wait_until_ready(cluster, should_stop)
            return cluster
        except Interrupted:
            cluster.close()
            if attempt == _BOOT_TRIES:
                raise
        except BaseException:
            cluster.close()
            raise
    raise AssertionError("unreachable")


def _start(spec: ClusterSpec, limit: int) -> LocalCluster:
    folder = _folder(spec)
    password = secrets.token_hex(16)
    ports = _free_ports(2 * spec.nodes)
    specs = [
        NodeSpec(
            ident=secrets.token_hex(20),
            port=ports[2 * number],
            bus_port=ports[2 * number + 1],
            folder=folder / f"node-{number}",
            password=password,
            max_memory_bytes=limit,
            durable=spec.durable,
        )
        for number in range(spec.nodes)
    ]
    nodes = []
    for node_spec in specs:
        node_spec.folder.mkdir(mode=0o700)
        (node_spec.folder / "nodes.conf").write_text(nodes_conf(specs, spec.shards, node_spec))
        nodes.append(start(spec.engine, node_spec))
    return LocalCluster(spec, folder, _shards(spec, nodes), password)


def _shards(spec: ClusterSpec, nodes: list[Node]) -> tuple[Shard, ...]:
    """Nodes 0…N-1 are the primaries; node N + k is a replica of shard k mod N."""
    return tuple(
        Shard(index, first, last, nodes[index], tuple(nodes[spec.shards + index :: spec.shards]))
        for index, (first, last) in enumerate(slot_ranges(spec.shards))
    )


def nodes_conf(specs: list[NodeSpec], shards: int, myself: NodeSpec) -> str:
    """The cluster as node `myself` would have written it down before a restart (cluster-config-file of both engines)."""
    ranges = slot_ranges(shards)
    lines = []
    for number, spec in enumerate(specs):
        mine = "myself," if spec is myself else ""
        if number < shards:
            role, primary, epoch, slots = "master", "-", number + 1, f" {ranges[number][0]}-{ranges[number][1]}"
        else:
            role, primary, epoch, slots = "slave", specs[number % shards].ident, number % shards + 1, ""
        address = f"{HOST}:{spec.port}@{spec.bus_port}"
        lines.append(f"{spec.ident} {address} {mine}{role} {primary} 0 0 {epoch} connected{slots}\n")
    return "".join(lines) + f"vars currentEpoch {shards} lastVoteEpoch 0\n"


def wait_until_ready(cluster: LocalCluster, should_stop: ShouldStop) -> None:
    """Until every node serves, knows all others and replicates. Raises Interrupted when it takes too long."""
    deadline = time.monotonic() + _BOOT_TIMEOUT_S
    waiting = list(cluster.nodes)
    while waiting:
        stop_if_asked(should_stop)
        casualty = cluster.casualty()
        if casualty is not None:
            log = next(node.log_tail() for node in cluster.nodes if node.process.poll() is not None)
            raise Interrupted(f"{casualty} It wrote: {log}")
        if time.monotonic() > deadline:
            raise Interrupted(f"The cluster was not ready after {_BOOT_TIMEOUT_S:.0f} s. {waiting[0].log_tail()}")
        waiting = [node for node in waiting if not _is_ready(cluster, node)]
        if waiting:
            time.sleep(_POLL_S)


def _is_ready(cluster: LocalCluster, node: Node) -> bool:
    """Serves, knows all others, and replicates: seen from the node itself."""
    try:
        state = node.client.cluster("INFO")
        if state["cluster_state"] != "ok" or int(state["cluster_known_nodes"]) != cluster.spec.nodes:
            return False
        replication = node.info("replication")
        if cluster.spec.durable and not _is_writing(node.info("persistence")):
            return False
    except (redis.ConnectionError, redis.ResponseError):
        return False  # not listening yet, or still loading
    if replication["role"] == "slave":
        return bool(replication["master_link_status"] == "up")
    return replicas_online(replication) == cluster.spec.replicas


def _is_writing(persistence: Mapping[str, Any]) -> bool:
    """Whether a node's append-only file is in use: a replica begins a new one after its first copy of the data."""
    waits = persistence["aof_rewrite_in_progress"] or persistence["aof_rewrite_scheduled"]
    return bool(persistence["aof_enabled"] and not waits and persistence["aof_last_bgrewrite_status"] == "ok")


def replicas_online(replication: Mapping[str, Any]) -> int:
    """How many replicas a primary streams to, from its INFO replication."""
    replicas = (value for name, value in replication.items() if re.fullmatch(r"slave\d+", name))
    return sum(isinstance(each, dict) and each.get("state") == "online" for each in replicas)


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on right now, on loopback."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]
