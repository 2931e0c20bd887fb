"""The loop of `up`: start the parts in order, keep them alive, look after jobs, end everything in order.

Children are started from the main thread and are bound to it by the kernel (`engine.processes.spawn`): should this
process be killed, they are too.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from engine.processes import end
from planner.jobs import reaper
from planner.supervision.children import Child, Death, Part, rotate

logger = logging.getLogger(__name__)

READY_WITHIN_S = 60.0
LOOK_S = 0.1
CARE_S = 2.0  # how often jobs are looked after
GRACE_S = 4.0
STOPPED = "Headroom was stopped."

Say = Callable[[str], None]


class NotStarted(Exception):
    """A part did not come up; the text says which and ends with its last words."""


class Supervisor:
    """Runs `parts`, of which the first carries the others. `stop` may be called from a signal handler.

    `tidy` is called after jobs were looked after: it deletes what interrupted ones leave behind.
    """

    def __init__(self, parts: Sequence[Part], say: Say, tidy: Callable[[], None]) -> None:
        self._carrier, *self._others = [Child(part) for part in parts]
        self._say = say
        self._tidy = tidy
        self._stopping = False
        self._next_care = 0.0

    def stop(self) -> None:
        """Have `start` and `keep` return soon."""
        self._stopping = True

    def start(self) -> bool:
        """Bring everything up. False when it was told to stop meanwhile. Raises NotStarted."""
        for child in (self._carrier, *self._others):
            rotate(child.part.log)
        self._carrier.start(time.monotonic())
        self._await([self._carrier])
        if not self._stopping:
            self._care_for_jobs(unclaimed_for=timedelta(0))
            for child in self._others:
                child.start(time.monotonic())
            self._await(self._others)
        return not self._stopping

    def keep(self) -> None:
        """Watch over the children and the jobs until told to stop."""
        while not self._stopping:
            deaths = [death for child in (self._carrier, *self._others) if (death := child.watch(time.monotonic()))]
            for death in deaths:
                self._say(f"{_title(death)} {death.how}; starting it again in {death.pause_s:g} s.")
            if deaths or time.monotonic() >= self._next_care:
                self._care_for_jobs(deaths)
            time.sleep(LOOK_S)

    def end(self) -> None:
        """End all children, the first part last; what was running is marked first, so that it is never a mystery."""
        self._give_up_running()
        self._end_children(self._others)
        self._end_children([self._carrier])

    def _await(self, children: Sequence[Child]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        waiting = list(children)
        while waiting and not self._stopping:
            for child in children:
                if child.process is not None and child.process.poll() is not None:
                    raise NotStarted(f"{child.part.name} ended while starting. Its last lines:\n{child.last_lines()}")
            waiting = [child for child in waiting if not child.part.ready()]
            if waiting and time.monotonic() > deadline:
                name, last = waiting[0].part.name, waiting[0].last_lines()
                raise NotStarted(f"{name} was not ready after {READY_WITHIN_S:.0f} s. Its last lines:\n{last}")
            time.sleep(LOOK_S)

    def _care_for_jobs(self, deaths: Sequence[Death] = (), *, unclaimed_for: timedelta = reaper.UNCLAIMED) -> None:
        self._next_care = time.monotonic() + CARE_S
        try:
            now = timezone.now()
            for job in reaper.reap(now=now, exits={death.pid: death.how for death in deaths}):
                self._say(f"{job.kind.capitalize()} job {job.pk}: {job.error}")
            self._tidy()
            reaper.send_waiting_again(now=now, unclaimed_for=unclaimed_for)
        except DatabaseError as error:  # busy, most likely; there is a next time
            logger.warning("Jobs were not looked after: %s", error)

    def _give_up_running(self) -> None:
        pids = [child.pid for child in self._others if child.pid is not None]
        with contextlib.suppress(DatabaseError):
            reaper.interrupt_running_of(pids, reason=STOPPED, now=timezone.now())
            self._tidy()

    def _end_children(self, children: Sequence[Child]) -> None:
        """TERM to all at once, KILL to those that are still there after the grace they share."""
        processes = [child.process for child in children if child.process is not None]
        deadline = time.monotonic() + GRACE_S
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in processes:
            end(process, max(0.0, deadline - time.monotonic()))


def _title(death: Death) -> str:
    return f"{death.name} (process {death.pid})"
