"""Records a live server or cluster: every shard's MONITOR at once, merged by time, redacted, into one gzip file.

Needs the `engine` package only. The file is one that `engine.traces.reading` takes as it is; its last line says how it was
recorded: sampling, redaction, gaps, and what it cost the servers. Shards that join a cluster while it is recorded are not.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import HeadroomError, InputError
from engine.progress import Progress, Report, ShouldStop, ignore, never
from engine.recording.address import Access, Address
from engine.recording.connection import Connection, Lost, Refused
from engine.recording.lines import ShardLines, text_of
from engine.recording.merging import Merger
from engine.recording.overhead import Overhead, overhead
from engine.recording.tail import Gap, Tail
from engine.recording.topology import Primary, info, primaries
from engine.recording.writing import RecordingFile
from engine.traces.redaction import KEY_BYTES, REDACTION, Redactor

BASELINE_S = 2.0
_LOOK_S = 0.1
_CLOCKS_APART_US = 100_000  # shards whose clocks differ by more are put on the recorder's clock


@dataclass(frozen=True, slots=True)
class Spec:
    """What to record. `share`: of the keys. `redact`: replace keys and values, with a key that nobody keeps.
    `baseline_s`: the servers' CPU is looked at for so long before anything is recorded.
    """

    address: Address
    access: Access
    seconds: float
    target: Path
    share: Fraction = Fraction(1)
    redact: bool = True
    keep_words: frozenset[bytes] = frozenset()
    baseline_s: float = BASELINE_S


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of it. `seen`: commands that were printed, `kept`: those in the file. `unreadable`: lines left out."""

    target: Path
    seconds: float
    seen: int
    kept: int
    unreadable: int
    file_bytes: int
    shards: int
    engine_version: str | None
    gaps: tuple[Gap, ...]
    overhead: tuple[Overhead, ...]
    notes: tuple[str, ...]


def record(spec: Spec, *, report: Report = ignore, should_stop: ShouldStop = never) -> Recording:
    """Record until the time is over or a stop is asked for; what was recorded by then is kept.

    Raises InputError when the server cannot be reached or does not allow it, Interrupted when the disk is full.
    """
    if not 0 < spec.seconds <= 7 * 86_400:
        raise InputError(f"{spec.seconds:g} s.", source="--seconds", expected="more than 0 s and at most a week.")
    file = RecordingFile(spec.target)
    session = None
    try:
        session = _Session(spec, file)
        return session.run(report, should_stop)
    finally:
        if session is not None:
            session.close()
        file.abandon()


class _Session:
    """One recording: the shards, their threads, and the file."""

    def __init__(self, spec: Spec, file: RecordingFile) -> None:
        self._spec = spec
        self._file = file
        self._nonce = b"headroom-" + secrets.token_hex(8).encode()
        self._ours: set[bytes] = set()
        self._kept = 0
        self._merger = Merger()
        self._known = self._discover()
        self._tails = [self._tail(number, shard) for number, shard in enumerate(self._known)]
        redactor = Redactor(secrets.token_bytes(KEY_BYTES), spec.keep_words) if spec.redact else None
        self._lines = [ShardLines(spec.share, redactor, self._nonce, self._ours) for _ in self._tails]

    def run(self, report: Report, should_stop: ShouldStop) -> Recording:
        self._begin(report, should_stop)
        began_s = time.monotonic()
        while (passed_s := time.monotonic() - began_s) < self._spec.seconds and not should_stop():
            self._advance(done=False)
            self._tell(report, passed_s)
            time.sleep(min(_LOOK_S, self._spec.seconds - passed_s))
        for tail in self._tails:
            tail.ask_to_stop()
        ends = [tail.stop() for tail in self._tails]
        seconds = time.monotonic() - began_s
        self._advance(done=True)
        costs = [
            overhead(tail.shard, tail.idle, tail.begun, end)
            for tail, end in zip(self._tails, ends, strict=True)
            if tail.idle is not None and tail.begun is not None
        ]
        return self._finish(seconds, tuple(costs))

    def close(self) -> None:
        """Close what is open, after a failure too."""
        for tail in self._tails:
            if tail.running:
                tail.stop()
            tail.close()

    def _begin(self, report: Report, should_stop: ShouldStop) -> None:
        """Look at every shard, wait for the baseline, then start to listen everywhere."""
        _warm_up()
        for tail in self._tails:
            self._explained(tail.look)
        self._align_clocks()
        until_s = time.monotonic() + self._spec.baseline_s
        while time.monotonic() < until_s and not should_stop():
            report(Progress("baseline", message="looking at the servers' CPU before recording"))
            time.sleep(_LOOK_S)
        for tail in self._tails:
            self._explained(tail.start)

    def _explained(self, step: Any) -> None:
        try:
            step()
        except (Lost, Refused) as error:
            raise _unusable(self._spec.address, error) from error

    def _align_clocks(self) -> None:
        shifts = [tail.shift_us for tail in self._tails]
        self._apart = max(shifts) - min(shifts) > _CLOCKS_APART_US

    def _advance(self, *, done: bool) -> None:
        """Read what has come, write what is settled."""
        several = len(self._tails) > 1
        for number, (tail, lines) in enumerate(zip(self._tails, self._lines, strict=True)):
            shift_us = -tail.shift_us if self._apart else 0
            self._merger.put(number, lines.entries(tail.take(), shift_us, tie_scripts=several))
        ready = self._merger.rest() if done else self._merger.settled([each.last_us for each in self._lines])
        if ready:
            self._file.write(text_of(ready))
            self._kept += len(ready)

    def _tell(self, report: Report, passed_s: float) -> None:
        seen = sum(each.seen for each in self._lines)
        gauges = {"ops_per_s": seen / passed_s if passed_s > 0 else 0.0, "kept": float(self._kept)}
        report(Progress("record", int(passed_s), int(self._spec.seconds), "s", gauges=gauges))

    def _finish(self, seconds: float, costs: tuple[Overhead, ...]) -> Recording:
        gaps = tuple(self._on_clock(gap, tail) for tail in self._tails for gap in tail.gaps)
        version = next((tail.version for tail in self._tails if tail.version), None)
        notes = self._notes(gaps)
        size = self._file.finish(
            {
                "sampling": float(self._spec.share),
                "redacted": REDACTION if self._spec.redact else "none",
                "gaps": [asdict(gap) for gap in gaps],
                "shards": len(self._tails),
                "engine_version": version,
                "overhead": [asdict(cost) for cost in costs],
                "seconds": round(seconds, 3),
                "notes": list(notes),
            }
        )
        return Recording(
            target=self._spec.target,
            seconds=seconds,
            seen=sum(each.seen for each in self._lines),
            kept=self._kept,
            unreadable=sum(each.unreadable for each in self._lines),
            file_bytes=size,
            shards=len(self._tails),
            engine_version=version,
            gaps=gaps,
            overhead=costs,
            notes=notes,
        )

    def _on_clock(self, gap: Gap, tail: Tail) -> Gap:
        shift_us = tail.shift_us if self._apart else 0
        return replace(gap, from_us=gap.from_us - shift_us, to_us=gap.to_us - shift_us)

    def _notes(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
        notes = [
            f"Shard {gap.shard} was not recorded for {(gap.to_us - gap.from_us) / 1e6:.1f} s from "
            f"{_time_of_day(gap.from_us)} UTC. {gap.reason}"
            for gap in gaps
        ]
        if self._spec.share != 1:
            notes.append(
                f"A sample of {self._spec.share} of the keys, by the hash of a command's first key; a command without a key "
                "is in it when the hash of its connection's address is."
            )
        if self._apart:
            notes.append("The shards' clocks differ by more than 0.1 s; times are by the recorder's clock.")
        if self._merger.moved:
            notes.append(f"{self._merger.moved} commands came late and carry the time of the command before them.")
        if unreadable := sum(each.unreadable for each in self._lines):
            notes.append(f"{unreadable} lines could not be read and were left out.")
        return tuple(notes)

    def _discover(self) -> tuple[Primary, ...]:
        try:
            return self._ask_for_primaries(self._spec.address)
        except (Lost, Refused) as error:
            raise _unusable(self._spec.address, error) from error

    def _ask_for_primaries(self, address: Address) -> tuple[Primary, ...]:
        with contextlib.closing(self._open(address)) as connection:
            return primaries(connection, tls=self._spec.access.tls)

    def _open(self, address: Address) -> Connection:
        """A connection that says at once whose it is, for its lines are not the workload's."""
        connection = Connection(address, self._spec.access)
        if connection.own_name:
            self._ours.add(connection.own_name)
        try:
            connection.greet(self._nonce)
        except HeadroomError:
            connection.close()
            raise
        return connection

    def _tail(self, number: int, shard: Primary) -> Tail:
        def connect() -> Connection:
            return self._open_primary(shard)

        return Tail(number, connect, self._nonce, follow=shard.first_slot is not None)

    def _open_primary(self, shard: Primary) -> Connection:
        """To whoever serves the shard now: the one known, or after a failover the one that any node names."""
        if shard.first_slot is None:
            return self._open(shard.address)
        reason: HeadroomError = Lost("No node of the cluster answers.")
        for address in self._addresses(shard):
            try:
                if (connection := self._open_if_primary(address)) is not None:
                    return connection
            except HeadroomError as error:
                reason = error
        raise reason

    def _addresses(self, shard: Primary) -> Sequence[Address]:
        """Where the shard's primary may be, the likeliest first; the other shards are asked before one that may be gone."""
        found: list[Address] = []
        others = [each.address for each in self._known if each is not shard]
        for address in dict.fromkeys([*others, self._spec.address, shard.address]):
            with contextlib.suppress(HeadroomError):
                now = self._ask_for_primaries(address)
                found += [each.address for each in now if each.first_slot == shard.first_slot]
                break
        return list(dict.fromkeys([*found, shard.address]))

    def _open_if_primary(self, address: Address) -> Connection | None:
        connection = self._open(address)
        try:
            if info(connection, b"replication").get("role") != "slave":
                return connection
        except HeadroomError:
            connection.close()
            raise
        connection.close()
        return None


def _time_of_day(time_us: int) -> str:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _warm_up() -> None:
    """Compile the loops before there is anything to keep up with."""
    lines = ShardLines(Fraction(1), Redactor(bytes(KEY_BYTES)), b"nobody", set())
    lines.entries(b'1.000000 [0 127.0.0.1:1] "SET" "key" "value"\n')


def _unusable(address: Address, error: HeadroomError) -> InputError:
    text = str(error)
    return InputError(
        text,
        source="" if text.startswith(str(address)) else str(address),
        expected="a Redis or Valkey server that can be reached from here.",
        remedy="Check host, port and firewall; rediss:// is for servers with TLS; user and password if it wants a sign-in.",
    )
