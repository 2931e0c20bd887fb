"""Fills a cluster with the keys a replay starts from, and loads the scripts and functions the recording calls."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import redis

from engine import slots
from engine.cluster.local import LocalCluster
from engine.errors import InputError
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay.bulk import BulkLink
from engine.replay.population import Creation
from engine.replay.router import Router
from engine.replay.survey import Survey

_BATCH = 1_000
_BATCH_BYTES = 4 << 20


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
                shard.primary.ask("FUNCTION LOAD", "REPLACE", args[-1])


def load_keys(
    cluster: LocalCluster,
    creations: Iterable[Creation],
    *,
    total: int,
    message: str,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Counter[str]:
    """Send the creations to their shards, in bulk and in order; answers the errors by kind.

    Reports phase `prepare` in creations of `total`. Raises InputError when the data is more than the memory this machine
    can give.
    """
    router = Router([(s.first, s.last) for s in cluster.shards], [s.primary.port for s in cluster.shards])
    errors: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        batches = [
            _Batch(stack.enter_context(BulkLink(shard.primary.port, cluster.password))) for shard in cluster.shards
        ]
        for count, creation in enumerate(creations):
            batch = batches[router.shard(slots.key_slot(creation.key), 0)]
            if batch.add(creation.words):
                stop_if_asked(should_stop)
                cluster.require_primaries()
                done = min(count, total)  # large keys take several creations each
                report(Progress("prepare", done, total, "keys", message))
                errors += batch.send()
        for batch in batches:
            errors += batch.send()
    return errors


@dataclass(slots=True)
class _Batch:
    """Creations on their way to one shard."""

    link: BulkLink
    waiting: list[tuple[bytes, ...]] = field(default_factory=list)
    size: int = 0

    def add(self, words: tuple[bytes, ...]) -> bool:
        """Take a command; True when it is time to send."""
        self.waiting.append(words)
        self.size += sum(map(len, words))
        return len(self.waiting) >= _BATCH or self.size >= _BATCH_BYTES

    def send(self) -> Counter[str]:
        errors = self.link.send(self.waiting)
        self.waiting, self.size = [], 0
        if errors["OOM"]:
            raise out_of_memory()
        return errors


def out_of_memory() -> InputError:
    """The data did not fit the limit the nodes were started with."""
    return InputError(
        "the data of this recording is more than the memory its nodes were given: the engine refused writes (OOM).",
        expected="a recording whose data fits the free memory of this machine, or the limit that was set.",
        remedy="Use fewer replicas, a recording sampled by key, or a machine with more memory.",
    )
