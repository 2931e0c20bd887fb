"""Who plays a run on a cluster of its own: one process, several, or workers; and what each of them is told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from engine.cluster import durability
from engine.cluster.local import LocalCluster
from engine.progress import Report, ShouldStop
from engine.replay.children import Child
from engine.replay.live_task import LiveTask
from engine.replay.team import Speaker, local_team


class Crew:
    """Starts processes for a task on a cluster that is up."""

    def __init__(self, task: LiveTask, cluster: LocalCluster) -> None:
        self._task = task
        self._cluster = cluster

    def player(
        self, more: Mapping[str, Any], *, report: Report, should_stop: ShouldStop
    ) -> AbstractContextManager[Speaker]:
        """Whoever plays the plan; several look like one."""
        task = self._task
        more = {**self.routes(), **more}
        if task.workers is not None:
            told = self._told(task.folder, more)
            return task.workers.team(task.files, "own", told, report=report, should_stop=should_stop)
        if task.players == 1:
            return self.child("player", more)
        return local_team(task.files, task.players, lambda part: self.child("player", {**more, "together": True}, part))

    def child(self, module: str, more: Mapping[str, Any], folder: Path | None = None) -> Child:
        """A helper process; its log stands in its folder."""
        folder = folder or self._task.folder
        return Child(f"engine.replay.{module}", self._told(folder, more), folder / f"{module}.log")

    def routes(self) -> dict[str, Any]:
        """What a player has to know of the shards, and on how many copies a write is to be before it is answered."""
        ranges = [(shard.first, shard.last) for shard in self._cluster.shards]
        return {"ranges": ranges, "copies": durability.WAIT_REPLICAS if self._task.durable else 0}

    def _told(self, folder: Path, more: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "folder": str(folder),
            "ports": [shard.primary.port for shard in self._cluster.shards],
            "password": self._cluster.password,
            **more,
        }
