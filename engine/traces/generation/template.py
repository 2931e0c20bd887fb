"""Command templates as workload files hold them: words as redis-cli quotes them, `{name}` where a variable stands.

`{{` and `}}` are braces as they stand, so `"cart:{{{user}}}"` is a key with a hash tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import InputError

Piece = bytes | str  # bytes as they stand, or the name of a variable
Fill = Callable[[Sequence[bytes]], list[bytes]]
"""From the values of the variables, in a fixed order, to the words of the command."""

_WORD = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?:\s+|$)')
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}
_PIECE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]|[^{}]+")
_EXPECTED = 'words such as ZINCRBY "board:{season}" {amount} "player:{player}".'


@dataclass(frozen=True, slots=True)
class Template:
    """One command; each word is a tuple of pieces."""

    words: tuple[tuple[Piece, ...], ...]

    @property
    def names(self) -> frozenset[str]:
        """The variables that stand in it."""
        return frozenset(piece for word in self.words for piece in word if isinstance(piece, str))

    def example(self) -> list[bytes]:
        """The command with a 1 for each variable: enough to tell its name, keys and class."""
        return [b"".join(b"1" if isinstance(piece, str) else piece for piece in word) for word in self.words]

    def with_fixed(self, name: str, value: bytes) -> Template:
        """The template with a value in place of a variable."""
        return Template(tuple(tuple(value if piece == name else piece for piece in word) for word in self.words))

    def compiled(self, places: Mapping[str, int]) -> Fill:
        """A function that fills in values; `places` says where each variable's value stands."""
        makers = [_maker(word, places) for word in self.words]
        return lambda values: [make if isinstance(make, bytes) else make(values) for make in makers]


def parse(text: str, source: str) -> Template:
    """A template from its text. Raises InputError; `source` names the file and field."""
    words: list[tuple[Piece, ...]] = []
    place = 0
    stripped = text.strip()
    while place < len(stripped):
        match = _WORD.match(stripped, place)
        if match is None:
            raise InputError(f"“{stripped[place : place + 40]}” is no word.", source=source, expected=_EXPECTED)
        quoted, plain = match.groups()
        words.append(_pieces(_unescaped(quoted) if quoted is not None else plain, source))
        place = match.end()
    if not words or any(isinstance(piece, str) for piece in words[0]):
        raise InputError("a command begins with its name.", source=source, expected=_EXPECTED)
    return Template(tuple(words))


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        found = match.group(1)
        if len(found) == 3:
            return chr(int(found[1:], 16))
        return _ESCAPES.get(found, found)

    return _ESCAPE.sub(character, text)


def _pieces(word: str, source: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for match in _PIECE.finditer(word):
        name, text = match.group(1), match.group()
        if name:
            pieces.append(name)
        elif text in "{}":
            raise InputError(
                f"a single {text} in “{word}”.", source=source, expected="{name} for a variable, {{ or }} for a brace."
            )
        else:
            literal = {"{{": "{", "}}": "}"}.get(text, text)
            pieces.append(literal.encode("utf-8"))
    return tuple(pieces)


def _maker(word: tuple[Piece, ...], places: Mapping[str, int]) -> bytes | Callable[[Sequence[bytes]], bytes]:
    slots = [places[piece] for piece in word if isinstance(piece, str)]
    if not slots:
        return b"".join(piece for piece in word if isinstance(piece, bytes))
    if len(word) == 1:
        only = slots[0]
        return lambda values: values[only]
    form = b"".join(b"%b" if isinstance(piece, str) else piece.replace(b"%", b"%%") for piece in word)
    if len(slots) == 1:
        only = slots[0]
        return lambda values: form % values[only]
    return lambda values: form % tuple(values[slot] for slot in slots)
