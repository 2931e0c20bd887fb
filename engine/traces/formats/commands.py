"""Plain lists of commands, one a line, quoted as redis-cli reads them, from one client on database 0.

Words stand apart by blanks; in double quotes `\\xHH \\n \\r \\t \\b \\a` and `\\` before any other byte are escapes, in
single quotes `\\'` alone. Lines that are empty or begin with `#` are skipped. Nothing tells the time, so the commands are
spaced evenly over the time the person gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine import commands
from engine.errors import InputError
from engine.traces.block import BLOCK_COMMANDS, Block, Command, block_of
from engine.traces.clock import evenly_over
from engine.traces.formats.reader import About, Format, Member, Options, Reader
from engine.traces.limits import HEAD_BYTES, MAX_COMMAND_WORDS
from engine.traces.lines import line_blocks

NAME = "commands"
ASSUMED_OPS_PER_S = 1_000.0
EXPECTED = 'one command a line, such as SET user:7 "two words".'
COMMENT, EMPTY = "comment", "empty line"
_TELLING_LINES = 20
_KNOWN_SHARE = 0.8
_BLOCK_BYTES = 16 << 20
_WORD_BYTES = 56  # of memory a word takes beside its own
_MOST_DATABASES = 32_767
_SPACE = rb" \t\n\v\f\r"
_WORD = re.compile(
    rb"[" + _SPACE + rb"]*(?:"
    rb"(?P<plain>[^" + _SPACE + rb'"\']*)'
    rb'(?:"(?P<double>(?:[^"\\]|\\.)*+)"|\'(?P<single>(?:\\\'|[^\'])*+)\')?'
    rb")(?=[" + _SPACE + rb"]|\Z)",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


def words_of(line: bytes) -> list[bytes] | None:
    """The words of a line as redis-cli splits it; None when a quote is not closed or something follows it at once."""
    if b'"' not in line and b"'" not in line:
        return line.split(None, MAX_COMMAND_WORDS)  # and no list of millions of words for what is refused
    words: list[bytes] = []
    at, end = 0, len(line.rstrip())
    while at < end and len(words) <= MAX_COMMAND_WORDS:
        match = _WORD.match(line, at)
        if match is None or match.end() == at:
            return None
        words.append(_word(match))
        at = match.end()
    return words


def _word(match: re.Match[bytes]) -> bytes:
    plain, double, single = match["plain"], match["double"], match["single"]
    if double is not None:
        return plain + _ESCAPE.sub(_unescaped, double)
    return plain if single is None else plain + single.replace(b"\\'", b"'")


def _unescaped(match: re.Match[bytes]) -> bytes:
    code, other = match[1], match[2]
    return bytes((int(code, 16),)) if code is not None else _LETTERS.get(other, other)


def recognised(head: bytes) -> bool:
    """Whether most of the first lines are commands the engines know, with a number of words they take."""
    lines = head.split(b"\n")
    if len(head) >= HEAD_BYTES and len(lines) > 1:
        lines.pop()  # cut off by the head's end
    telling = [line for line in lines if not _silent(line)][:_TELLING_LINES]
    known = sum(map(_is_command, telling))
    return known > 0 and known >= _KNOWN_SHARE * len(telling)


def _silent(line: bytes) -> str:
    """Why the line is no command, if so."""
    text = line.strip()
    if not text:
        return EMPTY
    return COMMENT if text.startswith(b"#") else ""


def _is_command(line: bytes) -> bool:
    words = words_of(line)
    if not words or not words[0].isascii():
        return False
    known = commands.find(commands.split(words)[0])
    if known is None:
        return False
    return len(words) == known.arity if known.arity >= 0 else len(words) >= -known.arity


@dataclass(slots=True)
class CommandsReader:
    """Reads one list, first to count it, then to make blocks of it."""

    member: Member
    options: Options
    about: About = field(default_factory=lambda: About(NAME, has_clock=False))

    def blocks(self) -> Iterator[Block]:
        """Raises InputError with the line that cannot be split; Cancelled."""
        total = sum(1 for _ in self._lines())
        if not total:
            raise InputError("there is no command in the file.", source=self.member.name, expected=EXPECTED)
        duration_s = self._duration_s(total)
        self.about.skipped.clear()
        done, rows, size = 0, list[Command](), 0
        for db, words in self._commands():
            rows.append((0, 0, db, False, words))
            size += sum(map(len, words)) + _WORD_BYTES * len(words)
            if len(rows) >= BLOCK_COMMANDS or size >= _BLOCK_BYTES:
                yield _timed(rows, done, total, duration_s)
                done, rows, size = done + len(rows), [], 0
        if rows:
            yield _timed(rows, done, total, duration_s)

    def _duration_s(self, total: int) -> float:
        duration_s = self.options.duration_s
        if duration_s is not None:
            self.about.notes += (f"A list of commands has no times: they are spaced evenly over {duration_s:g} s.",)
            return duration_s
        self.about.notes += (
            f"A list of commands has no times: they are spaced evenly at {ASSUMED_OPS_PER_S:,.0f} a second, which is an "
            "assumption. Say how long it took to have the real rate.",
        )
        return max(1.0, total / ASSUMED_OPS_PER_S)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Lines with a command, each with its number; the others are counted as skipped. Lines are let go as they go."""
        number = 0
        for piece, _, unfinished in line_blocks(self.member):
            lines = piece.split(b"\n")
            del piece
            if not unfinished:
                lines.pop()
            lines.reverse()
            while lines:
                number += 1
                if reason := _silent(lines[-1]):
                    self.about.skipped[reason] += 1
                    lines.pop()
                else:
                    yield number, lines.pop()

    def _commands(self) -> Iterator[tuple[int, list[bytes]]]:
        """Each command with its database; a SELECT changes it and counts as run in the new one, as MONITOR has it."""
        db = 0
        for number, line in self._lines():
            words = words_of(line)
            del line
            if words is None or len(words) > MAX_COMMAND_WORDS:
                raise self._unreadable(number, words)
            if len(words) == 2 and words[0].upper() == b"SELECT":
                db = self._selected(words[1], db)
            yield db, words

    def _selected(self, text: bytes, before: int) -> int:
        return int(text) if text.isdigit() and len(text) <= 5 and int(text) <= _MOST_DATABASES else before

    def _unreadable(self, line: int, words: Sequence[bytes] | None) -> InputError:
        return InputError(
            "a quote is not closed, or something follows it without a space."
            if words is None
            else f"the command has more than {MAX_COMMAND_WORDS} words.",
            source=self.member.name,
            line=line,
            expected=EXPECTED,
            remedy="Quote words as redis-cli reads them.",
        )


def _timed(rows: Sequence[Command], done: int, total: int, duration_s: float) -> Block:
    times = evenly_over(len(rows), done, total=total, duration_s=duration_s).tolist()
    return block_of((time, *row[1:]) for time, row in zip(times, rows, strict=True))


def open_commands(members: Sequence[Member], options: Options) -> Reader:
    """A reader for one list."""
    return CommandsReader(members[0], options)


FORMAT = Format(
    name=NAME,
    title="list of commands",
    expected=EXPECTED,
    recognised=recognised,
    open=open_commands,
)
