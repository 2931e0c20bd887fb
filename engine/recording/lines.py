"""Lines of a MONITOR connection: read, sampled, redacted, and put into words again.

Nothing leaves here as it came in unless redaction is off. A line that cannot be read is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from engine.recording import sampling
from engine.recording.parsing import LiveText
from engine.recording.text_kernels import quoted
from engine.traces.annotating.annotation import Annotated, Annotator
from engine.traces.block import Block
from engine.traces.redaction import Redactor

_UNIX = b"unix:"
_LUA = b"lua"
_MULTI = b' "MULTI"'


class Entry(NamedTuple):
    """One line to be written. `text`: its quoted words, each with a space in front."""

    t_us: int
    db: int
    client: bytes
    text: bytes


class ShardLines:
    """Reads the lines of one shard, in order.

    `nonce`: the word in a PING by which the recorder knows its own connections; `ours`: their names, shared by all shards.
    Their lines are left out. `redactor` None: words are written as they are, passwords excepted.
    """

    def __init__(self, share: Fraction, redactor: Redactor | None, nonce: bytes, ours: set[bytes]) -> None:
        self.seen = 0
        self.last_us = 0
        self._nonce = nonce
        self._ours = ours
        self._redactor = redactor
        self._text = LiveText()
        self._annotator = Annotator()
        self._sampler = sampling.Sampler(share)
        self._everything = share == 1
        self._script_us = 0

    @property
    def unreadable(self) -> int:
        """Lines that were no command."""
        return self._text.unreadable

    def entries(self, text: bytes, shift_us: int = 0, *, tie_scripts: bool = False) -> list[Entry]:
        """The commands to keep of these whole lines, with `shift_us` added to their times.

        `tie_scripts`: lines of scripts get the time of their call, so that they stay next to it among other shards'.
        """
        found: list[Entry] = []
        nonce = self._nonce in text
        for block in self._text.blocks(text):
            block.t_us[:] += shift_us
            self.last_us = int(block.t_us[-1])
            found += self._kept(block, self._others(block, nonce), tie_scripts)
        return found

    def _others(self, block: Block, nonce: bool) -> list[bool]:
        """Which commands are the workload's and not ours."""
        clients = self._text.clients
        greetings = {row for row, words in enumerate(block.words()) if words[-1] == self._nonce} if nonce else set()
        for row in greetings:
            if not (client := clients[block.conn[row]]).startswith(_UNIX):
                self._ours.add(client)
        ours = {number for number, client in enumerate(clients) if client in self._ours} if self._ours else set()
        return [conn not in ours and row not in greetings for row, conn in enumerate(block.conn.tolist())]

    def _kept(self, block: Block, others: list[bool], tie_scripts: bool) -> list[Entry]:
        known = self._annotator.annotate(block)
        decisions = self._decisions(known, others)
        block = known.block
        if self._redactor is not None:
            self._redactor.redact(block.data, block.offsets, known.roles)
        array, starts = quoted(block.data, block.offsets, block.first)
        text, clients = array.tobytes(), self._text.clients
        found = []
        rows = zip(block.t_us.tolist(), block.conn.tolist(), block.db.tolist(), block.lua.tolist(), strict=True)
        for decision, (t_us, conn, db, lua), (start, stop) in zip(
            decisions, rows, pairwise(starts.tolist()), strict=True
        ):
            if not lua:
                self._script_us = t_us
            elif tie_scripts:
                t_us = self._script_us
            if decision == sampling.KEEP_AFTER_MULTI:
                found.append(Entry(t_us, db, clients[conn], _MULTI))
            if decision != sampling.DROP:
                found.append(Entry(t_us, db, _LUA if lua else clients[conn], text[start:stop]))
        return found

    def _decisions(self, known: Annotated, others: list[bool]) -> list[int]:
        """By the keys as they came in, so that every recording of a server samples the same ones."""
        self.seen += sum(others)
        if self._everything:
            return [sampling.KEEP if other else sampling.DROP for other in others]
        block, names, clients = known.block, known.names, self._text.clients
        data, offsets = block.data.tobytes(), block.offsets
        rows = zip(others, block.conn.tolist(), block.lua.tolist(), known.cmd.tolist(), known.key.tolist(), strict=True)
        return [
            self._sampler.decide(
                clients[conn], bool(lua), names[cmd], data[offsets[key] : offsets[key + 1]] if key >= 0 else None
            )
            if other
            else sampling.DROP
            for other, conn, lua, cmd, key in rows
        ]


def text_of(entries: Iterable[Entry]) -> bytes:
    """The lines of these commands as MONITOR prints them."""
    return b"".join(
        b"%d.%06d [%d %b]%b\n" % (t_us // 1_000_000, t_us % 1_000_000, db, client, text)
        for t_us, db, client, text in entries
    )
