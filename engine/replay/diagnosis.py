"""What ended a run: asks the processes and the nodes that are left, without ever waiting long for one of them."""

from __future__ import annotations

import errno
import signal
import socket
import time
from collections.abc import Iterator

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engine import weather
from engine.cluster.local import Casualty, LocalCluster
from engine.cluster.node import HOST, Node
from engine.errors import InputError
from engine.weather import Incident

_ANSWER_S = 1.0
_DEATH_NOTICED_S = 1.0  # connections close a little before the process can be seen to have ended
_FULL_DISK = (
    "No space left on device",
    "File too large",
    "AOF write error",
    "writing to the AOF",
    "Disk quota exceeded",
)
_LOST = ("closed a connection", "closed the connection", "refused the connection", "Connection reset", "Broken pipe")
_FULL_ERRNOS = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def diagnose(error: Exception, cluster: LocalCluster, at_s: float | None, silent_s: float = 0.0) -> Incident:
    """The state behind an error that ended the live part of a run; `at_s` is when, in seconds of the replay, `silent_s` how
    long a node had been silent by then."""
    said = str(error)
    lost = any(words in said for words in _LOST) or isinstance(error, OSError | redis.RedisError)
    if (dead := _dead_primary(cluster, _DEATH_NOTICED_S if lost else 0.0)) is not None:
        return of_dead(dead, at_s)
    if isinstance(error, InputError):
        return weather.out_of_memory(_fullest(cluster), error.problem, at_s)
    if _tells_of_full_disk(said) or (isinstance(error, OSError) and error.errno in _FULL_ERRNOS):
        return weather.disk_full("The folder of the run", said, at_s)
    for where, node in _nodes(cluster):
        state = _persistence(node)
        if state is None:
            return (
                weather.given_up(where, at_s, max(silent_s, _ANSWER_S))
                if _accepts(node)
                else _refused(where, node, at_s)
            )
        if "aof_last_write_status:err" in state:
            return append_only_full(where, node, at_s)
    return weather.connection("", said, at_s) if lost else weather.other(said, at_s)


def append_only_full(where: str, node: Node, at_s: float | None) -> Incident:
    """The state of a node that lives and cannot write its append-only file."""
    wrote = _line_about_disk(node)
    seen = f"{where} cannot write its append-only file and refuses writes (MISCONF)."
    return weather.disk_full(where, f"{seen} It wrote: {wrote}" if wrote else seen, at_s)


def of_dead(dead: Casualty, at_s: float | None) -> Incident:
    """The state of a node whose process has ended: by itself for want of disk, or otherwise."""
    where = weather.node("primary" if dead.is_primary else "replica", dead.shard.index)
    wrote = _line_about_disk(dead.node)
    too_large = dead.node.process.poll() == -signal.SIGXFSZ
    if wrote or too_large:
        why = f"It wrote: {wrote}" if wrote else "A file of it reached the largest size allowed to it."
        full = weather.disk_full if dead.is_primary else weather.replica_disk_full
        return full(where, f"{dead.said} {why}", at_s)
    return (weather.primary_died if dead.is_primary else weather.replica_died)(where, dead.said, at_s)


def _dead_primary(cluster: LocalCluster, patience_s: float) -> Casualty | None:
    deadline = time.monotonic() + patience_s
    while True:
        dead = next((each for each in cluster.casualties() if each.is_primary), None)
        if dead is not None or time.monotonic() > deadline:
            return dead
        time.sleep(0.02)


def _nodes(cluster: LocalCluster) -> Iterator[tuple[str, Node]]:
    gone = {each.node.port for each in cluster.casualties()}
    for shard in cluster.shards:
        for role, node in (("primary", shard.primary), *(("replica", node) for node in shard.replicas)):
            if node.port not in gone:
                yield weather.node(role, shard.index), node


def _persistence(node: Node) -> str | None:
    """INFO persistence, over a connection that waits a second and no longer."""
    client = redis.Redis(
        host=HOST,
        port=node.port,
        password=node.spec.password,
        socket_timeout=_ANSWER_S,
        socket_connect_timeout=_ANSWER_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return "\n".join(f"{name}:{value}" for name, value in client.info("persistence").items())
    except (redis.RedisError, OSError):
        return None
    finally:
        client.close()


def _accepts(node: Node) -> bool:
    try:
        socket.create_connection((HOST, node.port), timeout=_ANSWER_S).close()
    except OSError:
        return False
    return True


def _refused(where: str, node: Node, at_s: float | None) -> Incident:
    return weather.connection(where, f"{where} (port {node.port}) lives and refuses connections.", at_s)


def _fullest(cluster: LocalCluster) -> str:
    """The shards that stand at their limit, as far as they say."""
    full = []
    for shard in cluster.shards:
        try:
            info = shard.primary.info("memory")
        except (redis.RedisError, OSError):
            continue
        limit = int(info.get("maxmemory", 0))
        if limit and int(info["used_memory"]) > 0.95 * limit:
            full.append(weather.node("primary", shard.index))
    return ", ".join(full)


def _line_about_disk(node: Node) -> str:
    return next((line for line in reversed(node.log_tail().split(" | ")) if _tells_of_full_disk(line)), "")


def _tells_of_full_disk(text: str) -> bool:
    return any(words in text for words in _FULL_DISK)
