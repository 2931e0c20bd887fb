"""What MONITOR prints, from Redis 2.4 to Valkey 9: one command a line, with time, database and client.

`[+][[ PROXY ] ]SECONDS.MICROSECONDS [DB CLIENT] "word" "word" …`, where CLIENT is `lua`, `unix:PATH`, `IP:PORT` or
`[IPv6]:PORT`, and 2.4 wrote `(db DB)` for the brackets. Words are quoted as the server quotes them (`\\"`, `\\xHH`).
A file is MONITOR when one of its first lines is; lines that cannot be read are left out and counted, within limits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from engine.errors import InputError
from engine.traces.annotate import Annotator
from engine.traces.store import TraceWriter

FORMAT = "monitor"
CLOCK_RESOLUTION_US = 1
BACKWARDS_TOLERANCE_US = 1_000_000  # MONITOR writes in execution order; clocks are nudged by less than this
UNREADABLE_SHARE = 0.05
UNREADABLE_LINES = 20  # fewer are always forgiven
RECOGNISED_WITHIN = 20  # non-empty lines: a prompt or a warning may stand before the first command
NAMED_LINES = 5
EXPECTED = 'lines such as 1718000000.123456 [0 127.0.0.1:50000] "GET" "user:7", as MONITOR prints them.'

UNREADABLE = "unreadable line"
TRUNCATED = "truncated last line"

_LINE = re.compile(
    rb"\+?(?:\[ [^\]]{1,64} \] )?\+?(\d{1,11})\.(\d{6}) "
    rb"(?:\[(\d{1,5} [^\]]*+(?:\](?! \")[^\]]*+)*+)\]|\(db (\d{1,5})\)) (\".*\")\r?",
    re.DOTALL,
)
_START = re.compile(rb"\+?(?:\[ [^\]]{1,64} \] )?\+?\d{1,11}\.\d{6} (?:\[\d{1,5} |\(db \d{1,5}\) )")
_NOISE = frozenset((b"", b"OK", b"+OK"))
_BACKSLASH, _QUOTE = b"\x00", b"\x01"  # stand for escaped ones while splitting; the server never prints these bytes raw
_WRONG_ESCAPE = re.compile(rb"\\(?![nrtab]|x[0-9a-fA-F]{2})")
_MOST_DATABASES = 32_767


def recognised(head: Sequence[bytes]) -> bool:
    """Whether these first lines of a file are MONITOR's."""
    telling = [line for line in head if line.strip() not in _NOISE]
    return any(_START.match(line) for line in telling[:RECOGNISED_WITHIN])


def words_of(quoted: bytes) -> list[bytes] | None:
    """The words of `"SET" "k" "v"`, unescaped; None when the quoting is broken."""
    if b"\\" in quoted:
        return _escaped_words(quoted)
    words = quoted[1:-1].split(b'" "')
    return words if len(quoted) > 1 and quoted.count(b'"') == 2 * len(words) else None


def _escaped_words(quoted: bytes) -> list[bytes] | None:
    if _BACKSLASH in quoted or _QUOTE in quoted:
        return None
    plain = quoted.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE)
    words = plain[1:-1].split(b'" "')
    if len(plain) < 2 or plain.count(b'"') != 2 * len(words) or _WRONG_ESCAPE.search(plain):
        return None
    return [_unescaped(word) for word in words]


def _unescaped(word: bytes) -> bytes:
    """Only escapes that Python reads the same way are left here, see `_WRONG_ESCAPE`."""
    word = word.replace(_QUOTE, b'"')
    if b"\\" in word:
        word = word.replace(_BACKSLASH, rb"\x5c")
        return word.decode("unicode_escape").encode("latin-1")
    return word.replace(_BACKSLASH, b"\\")


class MonitorReader:
    """Reads lines into a trace. Feed `take` in order, then call `finish`.

    Connections are numbered in order of appearance; a lua line belongs to the connection of the script call before it.
    """

    def __init__(self, writer: TraceWriter, source_name: str) -> None:
        self.annotator = Annotator()
        self.skipped: Counter[str] = Counter()
        self.lines = 0
        self.first_us: int | None = None
        self.last_us = 0
        self._writer = writer
        self._name = source_name
        self._clients: dict[bytes, int] = {}
        self._places: dict[bytes, tuple[int, int | None]] = {}
        self._unreadable: list[int] = []
        self._moved = 0
        self._moved_most_us = 0

    @property
    def connections(self) -> int:
        return len(self._clients)

    @property
    def duration_us(self) -> int:
        return 0 if self.first_us is None else self.last_us - self.first_us

    def take(self, lines: Sequence[bytes], unfinished: bool) -> None:
        """Read complete lines; `unfinished`: the last one had no newline, so it may be cut off."""
        match_line, places, row, append = _LINE.fullmatch, self._places, self.annotator.row, self._writer.append_row
        last = self.lines + len(lines)
        for number, line in enumerate(lines, self.lines + 1):
            match = match_line(line)
            if match is None:
                self._odd(line, number, unfinished and number == last)
                continue
            seconds, micros, client, _, quoted = match.groups()
            words = words_of(quoted)
            place = places.get(client) or self._place(match)
            if words is None or place is None:
                self._odd(line, number, unfinished and number == last)
                continue
            now_us = int(seconds) * 1_000_000 + int(micros)
            if now_us < self.last_us or self.first_us is None:
                now_us = self._unusual_time(now_us, number)
            self.last_us = now_us
            db, conn = place
            since_us = now_us - (self.first_us or 0)
            if conn is None:
                append(row(since_us, self._script_client(), db, words, now_us, lua=True), len(line))
            else:
                append(row(since_us, conn, db, words, now_us), len(line))
        self.lines = last

    @property
    def operations(self) -> int:
        return self.lines - self.skipped.total()

    def finish(self) -> None:
        """The checks that need the whole file. Raises InputError."""
        broken = self.skipped[UNREADABLE]
        if broken > UNREADABLE_LINES and broken > UNREADABLE_SHARE * self.lines:
            raise InputError(
                f"{broken} of {self.lines} lines cannot be read; this is the first.",
                source=self._name,
                line=self._unreadable[0],
                expected=EXPECTED,
            )
        if not self.operations:
            raise InputError("there is no command in the file.", source=self._name, expected=EXPECTED)
        if not self.annotator.data_operations:
            raise self._nothing_to_replay()

    def notes(self) -> tuple[str, ...]:
        """What the reader of the trace should know, in sentences."""
        notes = []
        if self._unreadable:
            named = ", ".join(map(str, self._unreadable))
            more = self.skipped[UNREADABLE] - len(self._unreadable)
            notes.append(f"Unreadable lines were left out: {named}{f' and {more} more' if more else ''}.")
        if self.skipped[TRUNCATED]:
            notes.append(f"The last line ({self.lines}) is cut off and was left out.")
        if self._moved:
            notes.append(
                f"{self._moved} lines had times up to {self._moved_most_us / 1e6:.6f} s earlier than a line before "
                "them and were given that line's time."
            )
        return tuple(notes)

    def _place(self, match: re.Match[bytes]) -> tuple[int, int | None] | None:
        """Database and connection of a line (connection None: a script's); None when the database is impossible."""
        text = match[3]
        db_text, client = (match[4], b"") if text is None else text.split(b" ", 1)
        db = int(db_text)
        if db > _MOST_DATABASES:
            return None
        conn = None if client == b"lua" else self._clients.setdefault(client, len(self._clients))
        if text is not None:
            self._places[text] = (db, conn)
        return db, conn

    def _script_client(self) -> int:
        """The connection of the last script call; the recording may have begun inside a script."""
        if self.annotator.script_conn is None:
            self.annotator.script_conn = self._clients.setdefault(b"lua", len(self._clients))
        return self.annotator.script_conn

    def _unusual_time(self, now_us: int, line: int) -> int:
        """The first line's time, or that of a line earlier than the one before: then the time of the one before."""
        if self.first_us is None:
            self.first_us = now_us
            return now_us
        back_us = self.last_us - now_us
        if back_us > BACKWARDS_TOLERANCE_US:
            times = f"from {_seconds(self.last_us)} to {_seconds(now_us)}"
            raise InputError(
                f"the time goes backwards by {back_us / 1e6:.6f} s, {times}.",
                source=self._name,
                line=line,
                expected=f"times in order (up to {BACKWARDS_TOLERANCE_US // 1_000_000} s back is forgiven).",
                remedy="Give recordings of several servers or several times one by one.",
            )
        self._moved += 1
        self._moved_most_us = max(self._moved_most_us, back_us)
        return self.last_us

    def _odd(self, line: bytes, number: int, cut_off: bool) -> None:
        """A line that is no command: noise, a cut-off end, or unreadable."""
        if line.strip() in _NOISE:
            self.skipped["OK line" if line.strip() else "empty line"] += 1
        elif cut_off:
            self.skipped[TRUNCATED] += 1
        else:
            self.skipped[UNREADABLE] += 1
            if len(self._unreadable) < NAMED_LINES:
                self._unreadable.append(number)

    def _nothing_to_replay(self) -> InputError:
        seen = ", ".join(f"{name} ({count})" for name, count in self.annotator.commands_seen.most_common(5))
        return InputError(
            f"none of the {self.operations} commands works on keys; there are {seen[:200]}.",
            source=self._name,
            expected="at least one command on data, such as GET or SET.",
            remedy="Record while the application is at work.",
        )


def _seconds(time_us: int) -> str:
    return f"{time_us // 1_000_000}.{time_us % 1_000_000:06d}"
