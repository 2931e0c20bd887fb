"""The MONITOR stream of one shard, in a thread of its own: it follows the shard to a new primary and writes gaps down."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import HeadroomError
from engine.recording.connection import Connection, Lost, Refused
from engine.recording.overhead import CpuReading, read_cpu
from engine.recording.refusal import forbidden
from engine.recording.topology import info

_MOST_WAITING_BYTES = 64 << 20  # more than this unread stays in the server's buffer, which closes us when it is full
_LONGEST_LINE = 64 << 20
_LOOK_S = 0.1
_ROLE_EVERY_S = 2.0
_RETRY_S = 0.2
_DRAIN_S = 0.5  # at the end, unless nothing comes for as long as
_QUIET_S = 0.05

Connect = Callable[[], Connection]
"""A new connection to the primary of the shard, as the cluster names it now."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Times on the shard's clock between which commands may be missing."""

    shard: int
    from_us: int
    to_us: int
    reason: str


class Tail:
    """`start` opens MONITOR and raises what goes wrong; from then on lost connections are made again until `stop`.

    `shift_us` is added to local Unix time to get the shard's. `nonce`: the word of the PING by which the
    control connection's lines can be told from the workload's.
    """

    def __init__(self, shard: int, connect: Connect, nonce: bytes, *, follow: bool) -> None:
        self.shard = shard
        self.gaps: list[Gap] = []
        self.shift_us = 0
        self.idle: CpuReading | None = None
        self.begun: CpuReading | None = None
        self.version: str | None = None
        self._connect = connect
        self._nonce = nonce
        self._follow = follow
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        self._waiting = 0
        self._torn = b""
        self._heard_us = 0
        self._looked_s = 0.0
        self._control: Connection | None = None
        self._stream: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"monitor-{shard}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether its thread listens."""
        return self._thread.is_alive()

    def look(self) -> None:
        """Open the control connection, learn version, clock and CPU. Raises Lost, Refused, InputError."""
        self._control = self._connect()
        server = info(self._control, b"server")
        self.version = server.get("valkey_version") or server.get("redis_version")
        with contextlib.suppress(Refused):
            seconds, micros = self._control.ask(b"TIME")
            self.shift_us = int(seconds) * 1_000_000 + int(micros) - time.time_ns() // 1000
        self.idle = read_cpu(self._control)

    def start(self) -> None:
        """Begin to listen. Raises InputError when the server forbids MONITOR, Lost when it is gone."""
        assert self._control is not None
        self.begun = read_cpu(self._control)
        self._listen()
        self._thread.start()

    def take(self) -> bytes:
        """The complete lines since the last call."""
        with self._lock:
            lines, end, self._torn = (self._torn + b"".join(self._chunks)).rpartition(b"\r\n")
            self._chunks.clear()
            self._waiting = 0
            if len(self._torn) > _LONGEST_LINE:
                self._torn = b""
        return lines + end

    def ask_to_stop(self) -> None:
        """Let the thread end, without waiting for it."""
        self._stopping.set()

    def stop(self) -> CpuReading | None:
        """Close everything. Answers the CPU reading at the end, None when the server is not the one of the beginning."""
        self._stopping.set()
        self._thread.join()
        reading = None
        if not self.gaps and self._control is not None:
            with contextlib.suppress(HeadroomError):
                reading = read_cpu(self._control)
        self.close()
        return reading

    def close(self) -> None:
        """Close the connections, also when it was never started."""
        for connection in (self._control, self._stream):
            if connection is not None:
                connection.close()

    def now_us(self) -> int:
        """The shard's clock."""
        return time.time_ns() // 1000 + self.shift_us

    def _listen(self) -> None:
        """A second connection turned into MONITOR's stream."""
        assert self._control is not None
        stream = self._connect()
        try:
            beginning = stream.monitor()
        except Refused as error:
            stream.close()
            raise forbidden(stream.address, error) from None
        except BaseException:
            stream.close()
            raise
        self._stream = stream
        self._add(beginning)
        self._control.greet(self._nonce)
        self._looked_s = time.monotonic()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read()
            except Lost as error:
                self._bridge(str(error))
        with contextlib.suppress(Lost):
            self._drain()

    def _drain(self) -> None:
        """What was on its way when the stop came."""
        assert self._stream is not None
        until_s = time.monotonic() + _DRAIN_S
        while time.monotonic() < until_s and (data := self._stream.receive(_QUIET_S)):
            self._add(data)

    def _read(self) -> None:
        assert self._stream is not None
        if self._waiting > _MOST_WAITING_BYTES:
            self._stopping.wait(_LOOK_S)
        else:
            self._add(self._stream.receive(_LOOK_S))
        if self._follow and time.monotonic() - self._looked_s > _ROLE_EVERY_S:
            self._check_role()

    def _check_role(self) -> None:
        """A primary that was demoted keeps its connections, but the workload goes elsewhere."""
        assert self._control is not None
        self._looked_s = time.monotonic()
        if info(self._control, b"replication").get("role") == "slave":
            raise Lost(f"{self._control.address} is no primary any more.")

    def _add(self, data: bytes) -> None:
        if data:
            with self._lock:
                self._chunks.append(data)
                self._waiting += len(data)
            self._heard_us = self.now_us()

    def _bridge(self, reason: str) -> None:
        """Connect again, as often as it takes, and write down from when to when nothing was heard."""
        from_us = self._heard_us or self.now_us()
        self.close()
        self._drop_torn_line()
        while not self._stopping.is_set():
            try:
                self._control = self._connect()
                self._listen()
                break
            except HeadroomError:
                self.close()
                self._stopping.wait(_RETRY_S)
        self.gaps.append(Gap(self.shard, from_us, self.now_us(), reason))

    def _drop_torn_line(self) -> None:
        """What was cut off could read like a shorter command."""
        with self._lock:
            lines, end, _ = (self._torn + b"".join(self._chunks)).rpartition(b"\r\n")
            self._torn, self._chunks = b"", [lines + end]
