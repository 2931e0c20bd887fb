"""What MONITOR prints, from Redis 2.4 to Valkey 9: one command a line, with time, database and client.

`[+][[ PROXY ] ]SECONDS.MICROSECONDS [DB CLIENT] "word" "word" …`, where CLIENT is `lua`, `unix:PATH`, `IP:PORT` or
`[IPv6]:PORT`, and 2.4 wrote `(db DB)` for the brackets. Words are quoted as the server quotes them (`\\"`, `\\xHH`).
A file is MONITOR when one of its first lines is; lines that cannot be read are left out and counted, within limits.
Several files are one recording of several nodes, merged by time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import numpy as np

from engine.errors import InputError
from engine.traces.block import Block
from engine.traces.formats import monitor_kernels as kernels
from engine.traces.formats.monitor_text import MonitorText
from engine.traces.formats.reader import About, Format, Member, Options, Reader
from engine.traces.formats.unreadable import Unreadable
from engine.traces.lines import line_blocks
from engine.traces.merging import merged

RECOGNISED_WITHIN = 20  # non-empty lines: a prompt or a warning may stand before the first command
EXPECTED = 'lines such as 1718000000.123456 [0 127.0.0.1:50000] "GET" "user:7", as MONITOR prints them.'
FACTS = b"# headroom "  # a line of the recorder's own: what it knows of the recording, as JSON

_START = re.compile(rb"\+?(?:\[ [^\]]{1,64} \] )?\+?\d{1,11}\.\d{6} (?:\[\d{1,5} |\(db \d{1,5}\) )")
_NOISE = frozenset((b"", b"OK", b"+OK"))


def recognised(head: bytes) -> bool:
    """Whether a file that begins so is MONITOR's."""
    telling = (line for line in head.split(b"\n") if line.strip() not in _NOISE)
    return any(_START.match(line) for line, _ in zip(telling, range(RECOGNISED_WITHIN), strict=False))


def words_of(quoted: bytes) -> list[bytes] | None:
    """The words of `"SET" "k" "v"`, unescaped; None when the quoting is broken."""
    offsets, data = np.zeros(quoted.count(b'"') // 2 + 1, np.int64), np.empty(len(quoted), np.uint8)
    count, _ = kernels.unquoted(np.frombuffer(quoted, np.uint8), 0, len(quoted), offsets, 0, data, 0)
    if count < 1:
        return None
    text, places = data.tobytes(), offsets.tolist()
    return [text[places[at] : places[at + 1]] for at in range(count)]


def open_recording(members: Sequence[Member], options: Options) -> Reader:
    """A reader of one node's file, or of several nodes' together."""
    if len(members) == 1:
        return MonitorReader(members[0])
    return ClusterReader([MonitorReader(member) for member in members])


class MonitorReader:
    """Reads one file. Connections are numbered in order of appearance; a lua line has its script's connection."""

    def __init__(self, member: Member) -> None:
        self.about = About(format="monitor")
        self._name = member.name
        self._member = member
        self._text = MonitorText()
        self.about.clients = self._text.clients
        self._state = self._text.state
        self._lines = self._operations = 0
        self._unreadable = Unreadable(self.about.skipped)
        self._facts: list[str] = []

    def blocks(self) -> Iterator[Block]:
        """The commands, some thousands at a time. Raises InputError."""
        for piece, _, unfinished in line_blocks(self._member):
            block = self._parse(piece, unfinished)
            if len(block):
                yield block
        self._finish()

    def _parse(self, piece: bytes, unfinished: bool) -> Block:
        block = self._text.parse(piece, unfinished=unfinished)
        lines = piece.count(b"\n") + int(unfinished)
        self._check_time()
        for number, start, stop in self._text.odd:
            self._odd(piece[start:stop], self._lines + number + 1, unfinished and number == lines - 1)
        self._lines += lines
        self._operations += len(block)
        return block

    def _check_time(self) -> None:
        line, time_us = int(self._state[kernels.BACKWARDS_LINE]), int(self._state[kernels.BACKWARDS_US])
        if line >= 0:
            last_us = int(self._state[kernels.LAST_US])
            raise InputError(
                f"the time goes backwards by {(last_us - time_us) / 1e6:.6f} s, "
                f"from {_seconds(last_us)} to {_seconds(time_us)}.",
                source=self._name,
                line=self._lines + line + 1,
                expected=f"times in order (up to {kernels.BACKWARDS_TOLERANCE_US // 1_000_000} s back is forgiven).",
                remedy="Give recordings of several nodes as separate files: they are merged by time.",
            )

    def _odd(self, line: bytes, number: int, cut_off: bool) -> None:
        """A line that is no command: noise, the recorder's own, a cut-off end, or unreadable."""
        skipped = self.about.skipped
        if line.strip() in _NOISE:
            skipped["OK line" if line.strip() else "empty line"] += 1
        elif line.startswith(FACTS) and self._take_facts(line):
            return
        elif cut_off:
            self._unreadable.cut_off()
        else:
            self._unreadable.leave_out([number])

    def _take_facts(self, line: bytes) -> bool:
        try:
            facts = json.loads(line[len(FACTS) :])
            sampling = float(facts.get("sampling", 1.0))
            version, notes = facts.get("engine_version"), [str(note)[:500] for note in facts.get("notes", ())[:50]]
        except (ValueError, TypeError, AttributeError):
            return False
        if not 0 < sampling <= 1:
            return False
        self.about.key_sampling = sampling
        self.about.engine_version = str(version)[:40] if version else None
        self._facts.extend(notes)
        return True

    def _finish(self) -> None:
        """The checks that need the whole file. Raises InputError."""
        self._unreadable.tolerate(self._lines, source=self._name, expected=EXPECTED)
        if not self._operations:
            raise InputError("there is no command in the file.", source=self._name, expected=EXPECTED)
        self.about.notes = (*self._notes(), *self._facts)

    def _notes(self) -> Iterator[str]:
        yield from self._unreadable.notes(self._lines)
        if moved := int(self._state[kernels.MOVED]):
            most_us = int(self._state[kernels.MOVED_MOST_US])
            yield (
                f"{moved} lines had times up to {most_us / 1e6:.6f} s earlier than a line before "
                "them and were given that line's time."
            )


class ClusterReader:
    """Reads the files of several nodes as one recording: commands by time, connections of each node apart."""

    def __init__(self, readers: Sequence[MonitorReader]) -> None:
        self.about = About(format="monitor")
        self._readers = readers

    def blocks(self) -> Iterator[Block]:
        """The commands of all nodes by time. Raises InputError."""
        for block, clients in merged([reader.blocks() for reader in self._readers]):
            self.about.clients.extend(self._readers[node].about.clients[conn] for node, conn in clients)
            yield block
        self._conclude()

    def _conclude(self) -> None:
        notes = [f"Merged by time from the recordings of {len(self._readers)} nodes."]
        for reader in self._readers:
            self.about.skipped.update(reader.about.skipped)
            notes.extend(f"{reader._name}: {note}" for note in reader.about.notes)
        self.about.key_sampling = min(reader.about.key_sampling for reader in self._readers)
        self.about.engine_version = next(
            (r.about.engine_version for r in self._readers if r.about.engine_version), None
        )
        self.about.notes = tuple(notes)


def _seconds(time_us: int) -> str:
    return f"{time_us // 1_000_000}.{time_us % 1_000_000:06d}"


FORMAT = Format(
    name="monitor",
    title="MONITOR recording",
    expected=EXPECTED,
    recognised=recognised,
    open=open_recording,
    many=True,
)
