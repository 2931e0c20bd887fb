"""What the servers say of themselves: INFO of every primary, taken before, during and after a replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import commands
from engine.cluster.local import LocalCluster
from engine.cluster.node import Node


@dataclass(frozen=True, slots=True)
class MemoryState:
    """INFO memory of one node, bytes. `buffers`: clients, replication backlog and cluster links, which no key explains."""

    used: int
    dataset: int
    overhead: int
    rss: int
    peak: int
    buffers: int
    keys: int
    clients: int = 0
    backlog: int = 0
    replica_buffers: int = 0
    cluster_links: int = 0

    @property
    def settled(self) -> int:
        """Used memory without buffers: what grows with the keys, plus what an empty server uses."""
        return self.used - self.buffers


def memory(node: Node) -> MemoryState:
    """Memory of a node now."""
    return memory_of(node.client.info("memory"), int(node.client.dbsize()))


def memory_of(info: Mapping[str, Any], keys: int) -> MemoryState:
    """The same from what INFO memory and DBSIZE answered."""
    # Replicas share the backlog's blocks since 7.0: the total counts them once, with the replicas' own buffers inside.
    total = int(info.get("mem_total_replication_buffers", 0))
    backlog = int(info.get("mem_replication_backlog", 0))
    separate = backlog + int(info.get("mem_clients_slaves", 0))
    replication = max(total, separate) if total else separate
    clients, links = int(info["mem_clients_normal"]), int(info.get("mem_cluster_links", 0))
    return MemoryState(
        used=int(info["used_memory"]),
        dataset=int(info["used_memory_dataset"]),
        overhead=int(info["used_memory_overhead"]),
        rss=int(info["used_memory_rss"]),
        peak=int(info["used_memory_peak"]),
        buffers=clients + links + replication,
        keys=keys,
        clients=clients,
        backlog=backlog,
        replica_buffers=replication - backlog,
        cluster_links=links,
    )


@dataclass(frozen=True, slots=True)
class Counters:
    """Running totals of one node: main-thread CPU in µs (None: this engine does not say), the replication offset."""

    main_thread_us: float | None
    offset: int


def counters(node: Node) -> Counters:
    """The totals of a node now."""
    info: dict[str, Any] = node.client.info("all")
    cpu = None
    if "used_cpu_user_main_thread" in info:
        cpu = (float(info["used_cpu_user_main_thread"]) + float(info["used_cpu_sys_main_thread"])) * 1e6
    return Counters(
        main_thread_us=cpu,
        offset=int(info["master_repl_offset"]),
    )


@dataclass(frozen=True, slots=True)
class CommandTime:
    """Calls of one command and the time spent executing them, in µs, over some nodes."""

    calls: int
    usec: int


def command_times(nodes: Iterable[Node]) -> dict[str, CommandTime]:
    """INFO commandstats of several nodes, added up, by canonical command name."""
    total: dict[str, CommandTime] = {}
    for node in nodes:
        stats: dict[str, dict[str, Any]] = node.client.info("commandstats")
        for name, values in stats.items():
            cmd = name.removeprefix("cmdstat_").replace("|", " ").upper()
            before = total.get(cmd, CommandTime(0, 0))
            total[cmd] = CommandTime(before.calls + int(values["calls"]), before.usec + int(values["usec"]))
    return total


def reset_command_times(cluster: LocalCluster) -> None:
    """Begin commandstats anew on every primary (peak memory, too, is counted anew by this)."""
    for shard in cluster.shards:
        shard.primary.client.config_resetstat()


def execution_us(times: dict[str, CommandTime], *, write: bool) -> tuple[int, int]:
    """Calls and execution time (µs) of all read or all write commands. A script's time holds that of its commands."""
    calls = usec = 0
    for cmd, time in times.items():
        command = commands.find(cmd)
        if command is None or not command.data_path:
            continue
        if (command.write or command.group == "scripting") == write:
            calls += time.calls
            usec += time.usec
    return calls, usec


def main_threads_us(before: Sequence[Counters], after: Sequence[Counters]) -> float | None:
    """CPU that main threads used between two looks; None when one does not tell."""
    spent = 0.0
    for first, last in zip(before, after, strict=True):
        if first.main_thread_us is None or last.main_thread_us is None:
            return None
        spent += last.main_thread_us - first.main_thread_us
    return spent
