"""Who plays on somebody else's cluster: one process, several, or workers on other hosts, within one limit."""

from __future__ import annotations

import dataclasses
import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from engine.progress import Report, ShouldStop
from engine.replay.children import Child
from engine.replay.external.player import ExternalTask
from engine.replay.parts import AUTHORITY
from engine.replay.plan import PlanFiles
from engine.replay.remote.hosting import Workers
from engine.replay.team import Speaker, local_team


class Asked(Protocol):
    """What was asked for."""

    @property
    def folder(self) -> Path:
        """Of the plan."""

    @property
    def players(self) -> int:
        """How many processes."""

    @property
    def workers(self) -> Workers | None:
        """Who plays in their place."""


def players(
    asked: Asked, task: ExternalTask, *, report: Report, should_stop: ShouldStop
) -> AbstractContextManager[Speaker]:
    """The players of a task. Of several, each keeps to an even share of the limit: together they never exceed it."""
    files, several = PlanFiles(asked.folder), asked.players > 1 or asked.workers is not None
    task = dataclasses.replace(task, per_s=task.per_s / asked.players, together=several)
    if asked.workers is not None:
        if task.access.ca is not None:
            shutil.copyfile(task.access.ca, asked.folder / AUTHORITY)
        return asked.workers.team(files, "external", task.to_json(), report=report, should_stop=should_stop)
    if several:
        return local_team(files, asked.players, lambda part: _child(task, part))
    return _child(task, asked.folder)


def _child(task: ExternalTask, folder: Path) -> Child:
    own = dataclasses.replace(task, folder=str(folder))
    return Child("engine.replay.external.player", own.to_json(), folder / "player.log")
