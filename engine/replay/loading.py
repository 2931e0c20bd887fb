"""Fills a cluster with the standing keys, and loads the scripts and functions the recording calls."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable

import redis

from engine import slots
from engine.cluster.local import LocalCluster
from engine.errors import InputError
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay.population import Creation
from engine.replay.router import Router
from engine.replay.survey import Survey

_BATCH = 1_000


def load_scripts(cluster: LocalCluster, survey: Survey) -> None:
    """Make every script and function the recording shows known to every primary.

    One the engine refuses is left out: the recorded server refused it too, or its calls will be counted as errors.
    """
    for shard in cluster.shards:
        for body in survey.scripts.values():
            with contextlib.suppress(redis.ResponseError):
                shard.primary.ask("SCRIPT LOAD", body)
        for args in survey.functions:
            with contextlib.suppress(redis.ResponseError):
                shard.primary.ask("FUNCTION LOAD", *args)


def load_keys(
    cluster: LocalCluster,
    creations: Iterable[Creation],
    *,
    total: int,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Counter[str]:
    """Send the creations to their shards, pipelined; answers the errors by kind.

    Raises InputError when the data is more than the memory this machine can give.
    """
    router = Router([(s.first, s.last) for s in cluster.shards], [s.primary.port for s in cluster.shards])
    waiting: list[list[Creation]] = [[] for _ in cluster.shards]
    errors: Counter[str] = Counter()
    for count, creation in enumerate(creations):
        shard = router.shard(slots.key_slot(creation.key), 0)
        waiting[shard].append(creation)
        if len(waiting[shard]) >= _BATCH:
            stop_if_asked(should_stop)
            cluster.require_alive()
            report(Progress("prepare", count, total, "keys", "Creating the keys that are read before they are written"))
            errors += _send(cluster, shard, waiting[shard])
            waiting[shard] = []
    for shard, rest in enumerate(waiting):
        errors += _send(cluster, shard, rest)
    return errors


def _send(cluster: LocalCluster, shard: int, batch: list[Creation]) -> Counter[str]:
    if not batch:
        return Counter()
    replies = cluster.shards[shard].primary.ask_all(creation.words for creation in batch)
    errors = Counter(str(reply).split(" ", 1)[0] for reply in replies if isinstance(reply, redis.RedisError))
    if any(isinstance(reply, redis.exceptions.OutOfMemoryError) for reply in replies):
        raise out_of_memory()
    return errors


def out_of_memory() -> InputError:
    """The data did not fit the limit the nodes were started with."""
    return InputError(
        "the data of this recording is more than this machine's memory allows: the engine refused writes (OOM).",
        expected="a recording whose data fits the free memory of this machine.",
        remedy="Use fewer replicas, a recording sampled by key, or a machine with more memory.",
    )
