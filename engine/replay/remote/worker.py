"""A worker: joins a run, takes its part of the plan into a temporary folder, plays it, and sends the records back."""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.cluster.external.network import Policy, why_refused
from engine.cluster.folders import private_folder
from engine.errors import InputError, Interrupted
from engine.recording.address import Address
from engine.replay.children import Child
from engine.replay.files import set_times
from engine.replay.parts import AUTHORITY, SHARED
from engine.replay.plan import PlanFiles
from engine.replay.remote import transfer
from engine.replay.remote.channel import Channel, Gone, Stranger, greet_run

PATIENCE_S = 60.0  # how long a run that does not listen yet is waited for
_KINDS = {"own": "engine.replay.player", "external": "engine.replay.external.player"}
_STRICT = Policy()
_ALIVE_S = 1.0
_AGAIN_S = 0.2
Say = Callable[[str], None]


def join(
    address: Address,
    token: bytes,
    *,
    policy: Policy = _STRICT,
    patience_s: float = PATIENCE_S,
    say: Say = lambda _: None,
) -> int:
    """Play for the run at `address`; answers how many operations were sent. Nothing of it stays on this host. Servers that
    `policy` refuses are not connected to; a cluster that the run started is, when the run is on this host.

    Raises InputError when nobody listens there or the token is another, Interrupted when the run ends before its end.
    """
    with _connected(address, patience_s) as sock, _own_folder() as folder:
        say(f"Connected to {address}; waiting for the run.")
        sock.settimeout(None)  # it may be busy for long before it looks for workers
        try:
            channel = greet_run(sock, token)
        except Stranger as error:
            raise InputError(
                f"the other side is not ours: {error}",
                source=f"--join {address}",
                expected="a run that waits for workers and has the same token.",
            ) from error
        try:
            return _Session(channel, folder, is_local=_is_here(sock), policy=policy, say=say).play()
        except Gone as error:
            raise Interrupted(f"The run at {address} is gone: {error}") from error


def _connected(address: Address, patience_s: float) -> socket.socket:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            sock = socket.create_connection((address.host, address.port), timeout=max(deadline - time.monotonic(), 1.0))
        except OSError as error:
            if time.monotonic() > deadline:
                raise InputError(
                    f"nobody answers ({error.strerror or error}).",
                    source=f"--join {address}",
                    expected="a run started with --workers and --listen.",
                ) from error
            time.sleep(_AGAIN_S)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Gone with the block; when this process is killed, the next of its kind removes it."""
    folder = private_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_here(sock: socket.socket) -> bool:
    return ip_address(sock.getpeername()[0]).is_loopback


class _Session:
    """One run, from the first file to the last record."""

    def __init__(self, channel: Channel, folder: Path, *, is_local: bool, policy: Policy, say: Say) -> None:
        self.channel = channel
        self.files = PlanFiles(folder)
        self.is_local = is_local
        self.policy = policy
        self.say = say
        self.child: Child | None = None
        self.sent = 0
        self.needed = frozenset(path.name for path in (self.files.index, self.files.payload, self.files.facts))
        self.receiver = transfer.Receiver(folder, self.needed | frozenset(SHARED))
        self.selector = selectors.DefaultSelector()

    def play(self) -> int:
        """Until the run says goodbye."""
        self.channel.say({"hello": f"{socket.gethostname()}, process {os.getpid()}"})
        with ExitStack() as stack, self.selector:
            stack.callback(self.receiver.close)
            self.selector.register(self.channel, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in self.selector.select(_ALIVE_S if self.child else None)]
                if self.child is not None:
                    self.channel.say({"alive": True})
                    if self.child in ready:
                        self._pass_on(self.child)
                if self.channel in ready and self._obey(stack):
                    return self.sent

    # -- what the run says -------------------------------------------------------------------------------------------

    def _obey(self, stack: ExitStack) -> bool:
        """Do what the run says; True when it says goodbye."""
        for frame in self.channel.hear(0):
            if isinstance(frame, bytes):
                self.receiver.take(frame)
            elif "file" in frame:
                self.receiver.announce(frame["file"])
            elif "play" in frame:
                self._start_player(frame["play"], stack)
            elif "bye" in frame:
                return True
            else:
                self._answer(frame)
        return False

    def _answer(self, frame: Mapping[str, Any]) -> None:
        if "clock" in frame:
            self.channel.say({"clock": frame["clock"], "ns": time.perf_counter_ns()})
        elif "start" in frame and self.child is not None:
            until_start_ns = int(frame["start"]["unix_ns"]) - time.time_ns()
            set_times(self.files, self.files.read_facts(), until_start_ns)
            self.child.tell({"start_clock_ns": int(frame["start"]["clock_ns"])})
        elif "stop" in frame:
            raise Interrupted(f"The run has ended: {frame['stop']}")

    def _start_player(self, asked: Mapping[str, Any], stack: ExitStack) -> None:
        if not self.needed <= self.receiver.received or self.child is not None:
            raise Gone("it asked to play what it has not sent.")
        kind = str(asked["kind"])
        task = {**asked["task"], "folder": str(self.files.folder), "together": True}
        if kind == "own" and not self.is_local:
            raise Gone("it asked to load this machine's own ports from another host.")
        if kind == "external":
            self._judge(task)
        facts = self.files.read_facts()
        self.say(f"Playing {facts.units:,} commands of {facts.clients:,} recorded connections.")
        self.child = stack.enter_context(Child(_KINDS[kind], task, self.files.folder / "player.log"))
        self.selector.register(self.child, selectors.EVENT_READ)

    def _judge(self, task: dict[str, Any]) -> None:
        """Raise Interrupted when it asks for a server that this host must not connect to."""
        for each in task["endpoints"]:
            port = int(each["address"]["port"])
            why = why_refused(ip_address(each["ip"]), port, self.policy)
            if why is not None:
                refused = f"{each['ip']}:{port} is {why}, which is not allowed here (--allow-network)."
                self.channel.say({"error": refused})
                raise Interrupted(refused)
        if AUTHORITY in self.receiver.received:
            task["access"] = {**task["access"], "ca": str(self.files.folder / AUTHORITY)}

    # -- what the player says ----------------------------------------------------------------------------------------

    def _pass_on(self, child: Child) -> None:
        try:
            lines = child.hear(0)
        except Interrupted as error:
            self.channel.say({"error": str(error)})
            raise
        for line in lines:
            self.channel.say(line)
            if "outcome" in line:
                self.sent = int(line["outcome"]["sent"])
                transfer.send(self.channel, self.files.records)
                self.selector.unregister(child)
