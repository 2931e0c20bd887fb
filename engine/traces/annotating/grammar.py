"""What each argument of a command is to redaction, by the argument grammar that the engines give of themselves.

The grammar (`engine/data/arguments.json`, from COMMAND DOCS) is matched against the words; where the keys stand is the
key specifications' say. Words the grammar has no place for count as values, so that nothing slips through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from engine import commands
from engine.traces.roles import COORDINATE, KEEP, KEY, NAME, SECRET, VALUE

NUMBER = 16  # kept when it is a number, a value otherwise; settled word by word, never seen by the redactor

TABLE = Path(__file__).parents[2] / "data" / "arguments.json"
_MORE_WORDS = frozenset((b"FIELDS", b"BLOCK", b"IFEQ", b"IFNE", b"IFDEQ", b"IFDNE", b"KEEPREF", b"DELREF", b"ACKED"))
_NAMES = frozenset(("field", "group", "consumer"))
_PATTERNS = frozenset(("channel", "shardchannel", "prefix"))
_VALUES = frozenset(("value", "arg", "message", "comparison-value", "serialized-value", "pivot", "element"))
_COORDINATES = frozenset(("longitude", "latitude"))
_SECRETS = frozenset(("password", "username", "auth", "rule"))
_LEXICAL = frozenset(("min", "max"))
_OF_COMMAND = {("CONFIG SET", "value"): SECRET}
_COUNTED_TYPES = frozenset(("integer", "double", "unix-time"))
Grammar = Sequence[Mapping[str, Any]]


def roles_of(name: str, args: Sequence[bytes]) -> bytes:
    """One role for each of the arguments after the canonical name; `NUMBER` where the word itself decides."""
    if name == "AUTH":
        return bytes([SECRET]) * len(args)
    roles = bytearray([VALUE]) * len(args)
    grammar = _grammars().get(name)
    keys = frozenset(commands.key_indexes(name, args))
    if grammar is not None:
        _Match(name, args, keys, roles).sequence(grammar, 0)
    elif commands.find(name) is None and roles:
        roles[0] = KEY  # of a module's commands: most have their key first
    for place in keys:
        roles[place] = KEY
    return bytes(roles)


@cache
def vocabulary() -> frozenset[bytes]:
    """Every option word of every command, upper case."""
    return frozenset(token for grammar in _grammars().values() for token in _tokens(grammar)) | _MORE_WORDS


@cache
def has_options(name: str) -> bool:
    """Whether the words themselves, not only their number, decide what stands where."""
    command = commands.find(name)
    keyword = command is not None and any(spec.keyword for spec in command.key_specs)
    return keyword or any(True for _ in _tokens(_grammars().get(name, ())))


class _Match:
    """One call being matched; `roles` is filled in as far as the grammar fits."""

    def __init__(self, name: str, args: Sequence[bytes], keys: frozenset[int], roles: bytearray) -> None:
        self._name, self._args, self._keys, self._roles = name, args, keys, roles

    def sequence(self, grammar: Grammar, place: int) -> int | None:
        """The place after all of `grammar`, or None when a required part is not there. Options come in any order."""
        at = 0
        while at < len(grammar):
            run = at
            while run < len(grammar) and grammar[run].get("o"):
                run += 1
            place = self._options(list(grammar[at:run]), place)
            if run < len(grammar):
                after = self._part(grammar[run], place)
                if after is None:
                    return None
                place = after
            at = run + 1
        return place

    def _options(self, parts: list[Mapping[str, Any]], place: int) -> int:
        while True:
            for part in parts:
                after = self._part(part, place)
                if after is not None and after > place:
                    parts.remove(part)
                    place = after
                    break
            else:
                return place

    def _part(self, part: Mapping[str, Any], place: int) -> int | None:
        after = self._once(part, place, with_token=True)
        while part.get("m") and after is not None and after < len(self._args):
            more = self._once(part, after, with_token=bool(part.get("r")))
            if more is None or more <= after:
                break
            after = more
        return after

    def _once(self, part: Mapping[str, Any], place: int, *, with_token: bool) -> int | None:
        if with_token and "k" in part:
            if place >= len(self._args) or self._args[place].upper() != part["k"].encode():
                return None
            self._roles[place] = KEEP
            place += 1
        kind = part["t"]
        if kind == "pure-token":
            return place
        if kind == "block":
            return self.sequence(part["a"], place)
        if kind == "oneof":
            return next((end for one in part["a"] if (end := self._part(one, place)) is not None), None)
        return self._word(part["n"], kind, place, repeated=not with_token or bool(part.get("m")))

    def _word(self, argument: str, kind: str, place: int, *, repeated: bool) -> int | None:
        if place >= len(self._args) or (place in self._keys) != (kind == "key"):
            return None
        role = KEY if kind in ("key", "pattern") else self._role(argument, kind)
        if repeated and role == NUMBER and self._args[place].upper() in vocabulary():
            return None  # the next option begins
        self._roles[place] = role
        return place + 1

    def _role(self, argument: str, kind: str) -> int:
        if argument in _COORDINATES:
            return COORDINATE
        if kind in _COUNTED_TYPES or kind != "string":
            return NUMBER
        special = _OF_COMMAND.get((self._name, argument)) or (SECRET if argument in _SECRETS else None)
        return special if special is not None else self._text_role(argument)

    def _text_role(self, argument: str) -> int:
        if argument in _NAMES:
            return NAME
        if argument in _PATTERNS or (argument in _LEXICAL or self._is_lexical(argument)):
            return KEY
        if argument in _VALUES or argument.startswith("member"):
            return VALUE
        return NUMBER if argument in ("id", "start", "stop", "end", "threshold") else KEEP

    def _is_lexical(self, argument: str) -> bool:
        return argument in ("start", "stop") and any(arg.upper() == b"BYLEX" for arg in self._args[3:])


def _tokens(grammar: Grammar) -> Iterator[bytes]:
    for part in grammar:
        if "k" in part:
            yield part["k"].encode()
        yield from _tokens(part.get("a", ()))


@cache
def _grammars() -> dict[str, Any]:
    grammars: dict[str, Any] = json.loads(TABLE.read_text())
    return grammars
