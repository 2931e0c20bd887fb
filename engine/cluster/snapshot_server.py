"""A throw-away engine that holds one snapshot: no network, bounded memory, time and output, gone with its owner.

An engine has parsed more snapshots than any parser written beside it will; what it cannot read may end it, and nothing
else. Where the engine has an import mode, keys whose time is over stay readable, as they stood when the snapshot was made.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hiredis
import psutil

from engine import processes
from engine.cluster.binaries import Engine
from engine.cluster.folders import private_folder
from engine.cluster.snapshot_failure import Cause, LoadFailure, Reason, cause_of
from engine.errors import InputError
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked

_SOCKET = "engine.sock"
_LOG = "engine.log"
_LONGEST_SOCKET_PATH = 100  # of 108 bytes in a sockaddr_un
_POLL_S = 0.02
_ANSWER_S = 120.0  # the longest single command: the exact memory of a very large key
_RECEIVE_BYTES = 1 << 20
_LOG_BYTES = 1 << 20  # of the messages that are looked at
_MEMORY_SHARE = 0.8  # of what is free now
_OVERHEAD_BYTES = 1 << 30  # address space an empty engine reserves: binary, stacks, arenas
_NOTHING: Any = object()
# Nothing that a file may hold needs these; they are what reaches out of the engine.
_TAKEN_AWAY = (
    *("ACL", "CLUSTER", "CONFIG", "DEBUG", "FAILOVER", "MIGRATE", "MODULE", "MONITOR", "SHUTDOWN"),
    *("PSYNC", "REPLCONF", "REPLICAOF", "SLAVEOF", "SYNC"),
    *("BGREWRITEAOF", "BGSAVE", "SAVE"),
    *("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO", "FUNCTION", "SCRIPT"),
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the engine may use: bytes of address space (less where less is free), bytes written, seconds to load."""

    memory_bytes: int
    output_bytes: int
    seconds: float


_SMALL = Bounds(1 << 30, 1 << 20, 10.0)


@dataclass(slots=True)
class SnapshotServer:
    """An engine with the snapshot in it. `keeps_expired`: keys whose time is over are still there."""

    engine: Engine
    folder: Path
    process: subprocess.Popen[bytes]
    keeps_expired: bool
    _socket: socket.socket | None = None
    _reader: Any = field(default_factory=lambda: hiredis.Reader(notEnoughData=_NOTHING))

    def ask_all(self, commands: Sequence[Sequence[bytes]]) -> list[Any]:
        """Many commands in one go; refusals stand among the replies as hiredis.ReplyError. Raises LoadFailure."""
        if not commands:
            return []
        sock = self._connected()
        try:
            sock.sendall(b"".join(map(_packed, commands)))
            return [self._reply(sock) for _ in commands]
        except TimeoutError as error:
            raise LoadFailure(self.engine, Cause(Reason.SLOW)) from error
        except OSError as error:
            raise self.failure() from error

    def ask(self, *words: bytes) -> Any:
        """One command."""
        return self.ask_all([words])[0]

    def info(self, section: bytes) -> dict[str, str]:
        """One section of INFO as it stands."""
        text: bytes = self.ask(b"INFO", section)
        pairs = (line.partition(":") for line in text.decode(errors="replace").splitlines() if ":" in line)
        return {name: value for name, _, value in pairs}

    def log(self) -> str:
        """What the engine wrote, its last megabyte."""
        path = self.folder / _LOG
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _LOG_BYTES, 0))
            return file.read(_LOG_BYTES).decode(errors="replace")

    def failure(self) -> LoadFailure:
        """Why the engine is gone."""
        status = processes.end(self.process)
        return LoadFailure(self.engine, cause_of(status, self.log()))

    def wait_until_loaded(self, bounds: Bounds, report: Report, should_stop: ShouldStop) -> None:
        """Until everything is loaded. Raises LoadFailure, Cancelled."""
        deadline = time.monotonic() + bounds.seconds
        while not self._is_loaded(report):
            stop_if_asked(should_stop)
            if self.process.poll() is not None:
                raise self.failure()
            if time.monotonic() > deadline:
                raise LoadFailure(self.engine, Cause(Reason.SLOW))
            time.sleep(_POLL_S)
        if self.keeps_expired:
            self.ask(b"CLIENT", b"IMPORT-SOURCE", b"ON")

    def close(self) -> None:
        """End the process, which has nothing to save, and remove its folder."""
        self._disconnect()
        self.process.kill()
        processes.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_loaded(self, report: Report) -> bool:
        """While it loads, an engine answers INFO now and then."""
        try:
            sock = self._connected(wait_s=0.5)
            sock.sendall(_packed((b"INFO", b"persistence")))
            text: bytes = self._reply(sock)
        except OSError:  # not listening yet, too busy, or gone: the process tells
            self._disconnect()
            return False
        if b"\nloading:0" in text:
            sock.settimeout(_ANSWER_S)
            return True
        percent = re.search(rb"loading_loaded_perc:(\d+)", text)
        report(Progress("read", int(percent[1]) if percent else 0, 100, "%", f"{self.engine.title} loads the snapshot"))
        return False

    def _connected(self, wait_s: float = _ANSWER_S) -> socket.socket:
        if self._socket is None:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(wait_s)
            try:
                sock.connect(str(self.folder / _SOCKET))
            except OSError:
                sock.close()
                raise
            self._socket = sock
            self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        return self._socket

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _reply(self, sock: socket.socket) -> Any:
        while (reply := self._reader.gets()) is _NOTHING:
            data = sock.recv(_RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError("the engine closed the connection")
            self._reader.feed(data)
        return reply


@contextlib.contextmanager
def serve(
    engine: Engine,
    snapshot: Path,
    bounds: Bounds,
    *,
    keep_expired: bool = False,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Iterator[SnapshotServer]:
    """An engine with `snapshot` loaded, for the length of a `with` block. The file is read in place and never written.

    `keep_expired`: also keys whose time is over, where the engine can. Only for files that end where the snapshot ends:
    in this way the engine would run what follows as commands; otherwise it ignores it. Raises LoadFailure when the
    engine does not load it, Cancelled when asked to stop.
    """
    server = _start(engine, snapshot.resolve(), bounds, keep_expired and _has_import_mode(engine))
    try:
        server.wait_until_loaded(bounds, report, should_stop)
        yield server
    finally:
        server.close()


@functools.lru_cache(maxsize=16)
def written_version(engine: Engine) -> int | None:
    """The version of the snapshots this engine writes, None when it would not say: a DUMP ends with it and a checksum."""
    server = _start(engine, None, _SMALL, keeps_expired=False)
    try:
        server.wait_until_loaded(_SMALL, ignore, never)
        _, dumped = server.ask_all([(b"SET", b"k", b"v"), (b"DUMP", b"k")])
        return int.from_bytes(dumped[-10:-8], "little")
    except LoadFailure:
        return None
    finally:
        server.close()


def _start(engine: Engine, snapshot: Path | None, bounds: Bounds, keeps_expired: bool) -> SnapshotServer:
    folder = private_folder()
    try:
        if len(os.fsencode(folder / _SOCKET)) > _LONGEST_SOCKET_PATH:
            raise InputError("too long for a socket in it.", source=str(folder), remedy="Set TMPDIR to a shorter path.")
        config = folder / "engine.conf"
        config.write_text("".join(f"{line}\n" for line in _configuration(engine, folder, keeps_expired)))
        if snapshot is not None:
            _lay_out(folder, snapshot)
        process = processes.spawn([str(engine.path), str(config)], cwd=folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _bound(process.pid, bounds)
    return SnapshotServer(engine, folder, process, keeps_expired)


def _lay_out(folder: Path, snapshot: Path) -> None:
    """The snapshot where the engine looks for its dump, and where it looks for the base of its append-only file."""
    (folder / "dump.rdb").symlink_to(snapshot)
    (folder / "aof").mkdir(mode=0o700)
    (folder / "aof" / "dump.rdb").symlink_to(snapshot)
    (folder / "aof" / "dump.manifest").write_text("file dump.rdb seq 1 type b\n")


def _bound(pid: int, bounds: Bounds) -> None:
    usable = int(psutil.virtual_memory().available * _MEMORY_SHARE)
    wanted = {
        resource.RLIMIT_AS: min(bounds.memory_bytes, usable) + _OVERHEAD_BYTES,
        resource.RLIMIT_FSIZE: bounds.output_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(bounds.seconds) * 8,  # loading and reading, with its background threads
    }
    with contextlib.suppress(ProcessLookupError):
        for kind, limit in wanted.items():
            resource.prlimit(pid, kind, (limit, limit))


def _configuration(engine: Engine, folder: Path, keeps_expired: bool) -> list[str]:
    lines = [
        "port 0",
        f"unixsocket {folder / _SOCKET}",
        "unixsocketperm 700",
        f"dir {folder}",
        f"logfile {_LOG}",
        'save ""',
        "maxmemory 0",
        "sanitize-dump-payload yes",  # what is broken is found while loading, not while reading
        "enable-debug-command no",
        "enable-module-command no",
        "enable-protected-configs no",
        "crash-log-enabled no",
        "activedefrag no",
        *(f'rename-command {name} ""' for name in _TAKEN_AWAY),
    ]
    if _version(engine) >= (9, 1) and engine.name == "valkey":
        lines.append("hash-seed snapshot")  # the same file gives its keys in the same order
    if not keeps_expired:
        return [*lines, "appendonly no", "dbfilename dump.rdb"]
    # As the base of an append-only file a snapshot is loaded with the keys whose time is over.
    return [
        *lines,
        "import-mode yes",
        "appendonly yes",
        "appendfilename dump",
        "appenddirname aof",
        "auto-aof-rewrite-percentage 0",
    ]


def _packed(words: Sequence[bytes]) -> bytes:
    return hiredis.pack_command(tuple(words))  # type: ignore[arg-type,no-any-return]  # its stub knows one-word tuples


def _has_import_mode(engine: Engine) -> bool:
    return engine.name == "valkey" and _version(engine) >= (8, 1)


def _version(engine: Engine) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", engine.version)[:2])
