"""One worker as the run sees it: a player whose plan travels there and whose records travel back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from engine.errors import Interrupted
from engine.replay.plan import PlanFiles
from engine.replay.remote import clock, transfer
from engine.replay.remote.channel import SILENCE_S, Channel, Frame, Gone, Stranger

_ANSWER_S = SILENCE_S
_MOST_NAME = 64


class RemoteMember:
    """A `Member` of a team on another host, or in another process of this one."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.name = name
        self._channel = channel
        self._offset: clock.Offset | None = None
        self._heard_at = time.monotonic()
        self._outcome: dict[str, Any] | None = None
        self._files: transfer.Receiver | None = None

    @classmethod
    def welcomed(cls, channel: Channel, number: int, host: str, patience_s: float) -> Self:
        """A worker that has said its name. Raises Stranger when it does not."""
        frames = channel.hear(patience_s)
        hello = frames[0].get("hello") if frames and isinstance(frames[0], dict) else None
        if not isinstance(hello, str):
            raise Stranger("it did not say its name.")
        shown = "".join(each for each in hello[:_MOST_NAME] if each.isprintable())
        return cls(channel, f"worker {number} ({shown} at {host})")

    @property
    def clock_uncertainty_ns(self) -> int | None:
        """By how much its start may have been off."""
        return None if self._offset is None else self._offset.uncertainty_ns

    def fileno(self) -> int:
        """Readable when it has said something."""
        return self._channel.fileno()

    # -- before ------------------------------------------------------------------------------------------------------

    def give(self, part: Path, after_piece: Callable[[int], None]) -> None:
        """Send its part of the plan, every file of it."""
        for path in sorted(part.iterdir()):
            transfer.send(self._channel, path, after_piece=after_piece)
        self._files = transfer.Receiver(part, frozenset({PlanFiles(part).records.name}))

    def play(self, kind: str, told: Mapping[str, Any]) -> None:
        """Have it start its player, which says when it is ready."""
        self._channel.say({"play": {"kind": kind, "task": dict(told)}})
        self._heard_at = time.monotonic()

    def start(self, clock_ns: int, unix_ns: int) -> None:
        """Have it start at this time of our clock."""
        if self._offset is None:
            raise Interrupted("its clock is not known.")
        self._channel.say({"start": {"clock_ns": clock_ns + self._offset.ns, "unix_ns": unix_ns}})

    # -- listening ---------------------------------------------------------------------------------------------------

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """What it has said; the outcome when its records are here. Raises Interrupted when it is lost."""
        lines: list[dict[str, Any]] = []
        frames = self._channel.hear(timeout_s)
        while frames:
            self._heard_at = time.monotonic()
            frame, *frames = frames
            if isinstance(frame, dict) and "ready" in frame:
                frames += self._compare_clocks()
            lines += self._take(frame)
        if self._outcome is not None and self._files is not None and self._files.received:
            lines.append({"outcome": self._outcome})
        return lines

    def require_alive(self) -> None:
        """Raise Gone when nothing has come for long: a worker that plays says so every second."""
        if time.monotonic() - self._heard_at > SILENCE_S:
            raise Gone(f"nothing was heard of it for {SILENCE_S:.0f} s.")

    def _take(self, frame: Frame) -> list[dict[str, Any]]:
        if isinstance(frame, bytes):
            if self._files is None or self._outcome is None:
                raise Gone("it sent a file nobody asked for.")
            self._files.take(frame)
        elif "error" in frame:
            raise Interrupted(str(frame["error"]))
        elif "file" in frame and self._files is not None and self._outcome is not None:
            self._files.announce(frame["file"])
        elif "outcome" in frame:
            self._outcome = frame["outcome"]
        elif "ready" in frame or "progress" in frame:
            return [frame]
        return []

    def _compare_clocks(self) -> list[Frame]:
        """Ask for its clock again and again; answers what else it said meanwhile."""
        others: list[Frame] = []
        rounds: list[clock.Round] = []
        for number in range(clock.ROUNDS):
            left_ns = time.perf_counter_ns()
            self._channel.say({"clock": number})
            read_ns = self._await_clock(number, others)
            rounds.append(clock.Round(left_ns, read_ns, time.perf_counter_ns()))
        self._offset = clock.offset(rounds)
        return others

    def _await_clock(self, number: int, others: list[Frame]) -> int:
        deadline = time.monotonic() + _ANSWER_S
        while (left_s := deadline - time.monotonic()) > 0:
            found = None
            for frame in self._channel.hear(left_s):
                if isinstance(frame, dict) and frame.get("clock") == number:
                    found = int(frame["ns"])
                else:
                    others.append(frame)
            if found is not None:
                return found
        raise Gone(f"it did not tell its clock within {_ANSWER_S:.0f} s.")

    # -- after -------------------------------------------------------------------------------------------------------

    def dismiss(self, why: str) -> None:
        """It may go, or must when there is a reason."""
        if self._files is not None:
            self._files.close()
        with suppress(Gone):
            self._channel.say({"stop": why} if why else {"bye": True})
        self._channel.close()
