"""The run's side: waits for workers, gives each its part of the plan, and takes back what they measured."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.errors import HeadroomError, InputError, Interrupted
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.recording.address import Address
from engine.replay.parts import make_parts
from engine.replay.plan import PlanFiles
from engine.replay.remote.channel import Gone, greet_worker
from engine.replay.remote.member import RemoteMember
from engine.replay.team import Team

JOIN_S = 120.0  # how long workers are waited for
MOST_WORKERS = 64
_GREETING_S = 10.0
_TICK_S = 0.2
_LEAD_NS = 1_000_000_000  # Unix times are set on the other hosts between the word and the start


class Workers:
    """Those who play a run's load. Gathered once, dismissed when the block of `listening` is left."""

    def __init__(self, listener: socket.socket, count: int, token: bytes, patience_s: float) -> None:
        self._listener = listener
        self._token = token
        self._patience_s = patience_s
        self._members: list[RemoteMember] = []
        self.count = count
        self.address = Address(*listener.getsockname()[:2])

    def require_this_machine(self) -> None:
        """Raise InputError when workers of other hosts could come: a cluster of our own listens on this machine only."""
        if not ip_address(self.address.host).is_loopback:
            raise InputError(
                "a cluster started for a run can be reached on this machine only, so its workers run here too.",
                source=f"--listen {self.address}",
                expected="an address of this machine alone, such as 127.0.0.1:7500.",
                remedy="Workers on other hosts are for --target.",
            )

    def gather(self, report: Report, should_stop: ShouldStop) -> None:
        """Wait until all are here. Raises Interrupted when they do not come in time."""
        deadline, turned_away = time.monotonic() + self._patience_s, ""
        self._listener.settimeout(_TICK_S)
        while len(self._members) < self.count:
            stop_if_asked(should_stop)
            message = f"Waiting for workers at {self.address}"
            report(Progress("join", len(self._members), self.count, "workers", message))
            if time.monotonic() > deadline:
                raise Interrupted(self._missing() + turned_away)
            try:
                self._welcome()
            except Gone as error:
                turned_away = f" One that came was turned away: {error}"
        self._listener.close()

    def _missing(self) -> str:
        here = len(self._members)
        missing = ", ".join(str(number) for number in range(here + 1, self.count + 1))
        came = "".join(f" {member.name} came." for member in self._members)
        return f"Worker {missing} of {self.count} did not come to {self.address} within {self._patience_s:.0f} s.{came}"

    def _welcome(self) -> None:
        try:
            sock, peer = self._listener.accept()
        except TimeoutError:
            return
        sock.settimeout(_GREETING_S)
        try:
            channel = greet_worker(sock, self._token)
            self._members.append(RemoteMember.welcomed(channel, len(self._members) + 1, str(peer[0]), _GREETING_S))
        except BaseException:
            sock.close()
            raise

    @contextmanager
    def team(
        self, files: PlanFiles, kind: str, told: Mapping[str, Any], *, report: Report, should_stop: ShouldStop
    ) -> Iterator[Team]:
        """The workers as one player of the plan; `told` is what each is told but for its folder."""
        parts = make_parts(files, self.count)
        members = self._members[: len(parts.folders)]
        try:
            for member, folder in zip(members, parts.folders, strict=True):
                self._hand_over(member, files, folder, report, should_stop)
                member.play(kind, told)
            team = Team(members, parts, _LEAD_NS)
            try:
                yield team
            finally:
                team.close()
        except BaseException as error:
            self.dismiss(_reason(error))  # nobody plays on while the run clears up
            raise
        finally:
            parts.finish()
        self.dismiss("")

    def _hand_over(
        self, member: RemoteMember, files: PlanFiles, part: Path, report: Report, should_stop: ShouldStop
    ) -> None:
        size = files.payload.stat().st_size

        def after_piece(sent: int) -> None:
            stop_if_asked(should_stop)
            report(Progress("prepare", sent, size, "bytes", f"Sending the plan to {member.name}"))

        try:
            member.give(part, after_piece)
        except Interrupted as error:
            raise Interrupted(f"{member.name}, one of {self.count}: {error}") from error

    def dismiss(self, why: str) -> None:
        """Send everybody home; `why` is empty when all went well."""
        for member in self._members:
            member.dismiss(why)
        self._members.clear()


@contextmanager
def listening(address: Address, count: int, token: bytes, *, patience_s: float = JOIN_S) -> Iterator[Workers]:
    """Listen for `count` workers. Raises InputError when the address cannot be listened on."""
    if not 1 <= count <= MOST_WORKERS:
        raise InputError(f"{count} is no number of workers.", source="--workers", expected=f"1 to {MOST_WORKERS}.")
    with _listener(address) as listener:
        workers = Workers(listener, count, token, patience_s)
        try:
            yield workers
        except BaseException as error:
            workers.dismiss(_reason(error))
            raise
        workers.dismiss("")


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, HeadroomError) else "the run was stopped."


def _listener(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with suppress(OSError, OverflowError):
        return socket.create_server((address.host, address.port), family=family, backlog=MOST_WORKERS)
    raise InputError(
        "cannot be listened on.",
        source=f"--listen {address}",
        expected="an address of this machine and a port nobody uses.",
    )
