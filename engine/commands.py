"""What the engines say of their own commands: group, flags, and where the keys stand.

The table is generated from COMMAND and COMMAND DOCS of real servers (`engine/commands_refresh.py`). Module commands and
commands newer than those servers are not in it: `find` then answers None, and nothing is guessed about their keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "data" / "commands.json"
_COLLECTIONS = ("hash", "list", "set", "sorted-set", "stream")
DATA_GROUPS = frozenset((*_COLLECTIONS, "bitmap", "generic", "geo", "hyperloglog", "pubsub", "scripting", "string"))
_CHANGES = frozenset(("insert", "delete", "update"))
_LONGEST_NAME = 32  # longer first words are no command, and are not worth remembering


@dataclass(frozen=True, slots=True)
class KeySpec:
    """Where keys stand, positions counted with the command's first word as 0 (the engines' own key specifications).

    The first key stands at `index`, or after the word `keyword` searched from `start` (negative: back from the end).
    From there either a range (`last`, `step`, `limit`) or a count of keys (`count_at`, `first`, `step`).
    `reads`, `writes`: the permissions the engines ask for these keys (to return or copy content; to change it).
    """

    index: int = 0
    keyword: str = ""
    start: int = 0
    last: int = 0
    step: int = 1
    limit: int = 0
    count_at: int | None = None
    first: int = 0
    is_key: bool = True
    reads: bool = True
    writes: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """One command as the engines describe it. `name` is upper case, `XGROUP CREATE` for a container's subcommand.

    `deprecated_since`: the version from which an engine advises against it, `replaced_by` what it advises instead (its
    words), `deprecated_by` which engine says so; other engines may not.
    """

    name: str
    group: str
    flags: frozenset[str]
    key_specs: tuple[KeySpec, ...]
    acl: frozenset[str] = frozenset()
    subcommands: frozenset[str] = frozenset()
    arity: int = 0
    doc_flags: frozenset[str] = frozenset()
    deprecated_since: str | None = None
    replaced_by: str | None = None
    deprecated_by: str | None = None

    @property
    def write(self) -> bool:
        """Whether the engine counts it as a write (a script is not: its commands are)."""
        return "write" in self.flags

    @property
    def readonly(self) -> bool:
        return "readonly" in self.flags

    @property
    def blocking(self) -> bool:
        """Whether it can block; XREAD and XREADGROUP do only with BLOCK."""
        return "blocking" in self.flags

    @property
    def admin(self) -> bool:
        return "admin" in self.flags

    @property
    def pubsub(self) -> bool:
        return "pubsub" in self.flags

    @property
    def data_path(self) -> bool:
        """Whether it works on keys or messages, rather than on the connection, the server or a transaction."""
        return self.group in DATA_GROUPS and not self.admin

    @property
    def words(self) -> int:
        """Words of the name: 2 for `XGROUP CREATE`."""
        return self.name.count(" ") + 1


def find(name: str) -> Command | None:
    """The command of this canonical name, or None when the engines asked do not know it."""
    return _table().get(name)


def split(argv: Sequence[bytes]) -> tuple[str, tuple[bytes, ...]]:
    """The canonical name and the arguments after it. `argv` has at least one word.

    A container with a subcommand the table does not know keeps its bare name, the rest stays in the arguments.
    """
    name = canonical(bytes(argv[0]))
    if len(argv) > 1 and name in _containers():
        full = f"{name} {canonical(bytes(argv[1]))}"
        if full in _table():
            return full, tuple(argv[2:])
    return name, tuple(argv[1:])


def canonical(word: bytes) -> str:
    """A command word in upper case; bytes that are no text are shown escaped."""
    if len(word) > _LONGEST_NAME:
        return word.decode("ascii", "backslashreplace").upper()
    return _canonical_short(word)


def is_container(name: str) -> bool:
    """Whether the command is named by two words."""
    return name in _containers()


def key_indexes(name: str, args: Sequence[bytes]) -> tuple[int, ...]:
    """Where the keys stand in `args` (the arguments after the canonical name), ascending.

    Empty for commands without keys, unknown commands, and calls whose arguments do not fit (a wrong count, say).
    """
    if (place := only_key(name)) is not None:
        return (place,) if place < len(args) else ()
    command = find(name)
    if command is None or not args:
        return ()
    shift = command.words
    found = {at - shift for spec in command.key_specs if spec.is_key for at in _positions(spec, args, shift)}
    if extra := _EXTRA_KEYS.get(name):
        found |= {place for word in extra if (place := _after_word(args, word)) is not None}
    return tuple(sorted(found))


@lru_cache(maxsize=1024)
def only_key(name: str) -> int | None:
    """The place of the key in the arguments when the command always has exactly one, in one place; else None."""
    command = find(name)
    if command is None or len(command.key_specs) != 1 or name in _EXTRA_KEYS:
        return None
    spec = command.key_specs[0]
    fixed = spec.is_key and not spec.keyword and spec.count_at is None and spec.last == 0
    return spec.index - command.words if fixed else None


def key_uses(name: str, args: Sequence[bytes]) -> tuple[tuple[int, bool, bool], ...]:
    """(place in `args`, whether it is read, whether it is changed) of every key, as the engines check permissions.

    A key that is only asked about (EXISTS, TYPE) is neither. SET reads only with GET.
    """
    command = find(name)
    if command is None or not args:
        return ()
    shift, uses = command.words, dict[int, tuple[bool, bool]]()
    for spec in command.key_specs:
        reads = spec.reads and (name != "SET" or any(word.upper() == b"GET" for word in args[2:]))
        for at in _positions(spec, args, shift) if spec.is_key else ():
            before = uses.get(at - shift, (False, False))
            uses[at - shift] = before[0] or reads, before[1] or spec.writes
    for word in _EXTRA_KEYS.get(name, ()):
        if (place := _after_word(args, word)) is not None:
            uses[place] = False, True
    return tuple((place, *use) for place, use in sorted(uses.items()))


def has_extra_keys(name: str) -> bool:
    """Whether some keys stand after a word that the engines' specifications do not tell."""
    return name in _EXTRA_KEYS


def names() -> tuple[str, ...]:
    """Every command of the table."""
    return tuple(_table())


def key_values(name: str, args: Sequence[bytes]) -> Iterator[bytes]:
    """The keys themselves, in order."""
    return (args[place] for place in key_indexes(name, args))


# Destinations the engines declare as "not known before execution".
_EXTRA_KEYS: Mapping[str, tuple[bytes, ...]] = {"SORT": (b"STORE",)}


def _after_word(args: Sequence[bytes], word: bytes) -> int | None:
    for place in range(1, len(args) - 1):
        if args[place].upper() == word:
            return place + 1
    return None


def _positions(spec: KeySpec, args: Sequence[bytes], shift: int) -> Sequence[int]:
    """Positions (first word 0) of the keys of one specification; empty when the arguments do not fit it."""
    end = len(args) + shift  # one past the last position
    begin = _begin(spec, args, shift)
    if begin is None or begin >= end:
        return ()
    if spec.count_at is not None:
        return _counted(spec, args, shift, begin)
    if spec.last >= 0:
        last = begin + spec.last
    elif spec.limit > 1:
        last = begin + (end - begin) // spec.limit - 1
    else:
        last = end + spec.last
    return range(begin, min(last, end - 1) + 1, spec.step) if last < end else ()


def _begin(spec: KeySpec, args: Sequence[bytes], shift: int) -> int | None:
    if not spec.keyword:
        return spec.index
    word, end = spec.keyword.encode(), len(args) + shift
    places = range(spec.start, end) if spec.start > 0 else range(end + spec.start, shift - 1, -1)
    for place in places:
        if args[place - shift].upper() == word:
            return place + 1
    return None


def _counted(spec: KeySpec, args: Sequence[bytes], shift: int, begin: int) -> Sequence[int]:
    place = begin + (spec.count_at or 0) - shift
    if place >= len(args) or not args[place].isdigit() or len(args[place]) > 9:
        return ()
    first = begin + spec.first
    stop = first + int(args[place]) * spec.step
    return range(first, stop, spec.step) if stop - spec.step < len(args) + shift else ()


@lru_cache(maxsize=4096)
def _canonical_short(word: bytes) -> str:
    return word.decode("ascii", "backslashreplace").upper()


@cache
def _containers() -> frozenset[str]:
    return frozenset(name for name, command in _table().items() if command.subcommands)


@cache
def _table() -> dict[str, Command]:
    table = json.loads(TABLE.read_text())
    advice = table["deprecated"]
    return {name: _command(name, entry | advice.get(name, {})) for name, entry in table["commands"].items()}


def _command(name: str, entry: Mapping[str, Any]) -> Command:
    return Command(
        name=name,
        group=entry["group"],
        flags=frozenset(entry["flags"]),
        key_specs=tuple(_key_spec(spec) for spec in entry["keys"]),
        acl=frozenset(entry["acl"]),
        subcommands=frozenset(entry.get("subcommands", ())),
        arity=entry["arity"],
        doc_flags=frozenset(entry.get("doc_flags", ())),
        deprecated_since=entry.get("deprecated_since"),
        replaced_by=entry.get("replaced_by"),
        deprecated_by=entry.get("deprecated_by"),
    )


def _key_spec(raw: Mapping[str, Any]) -> KeySpec:
    begin = raw["begin"]
    keyword, start = begin if isinstance(begin, list) else ("", 0)
    index = 0 if isinstance(begin, list) else begin
    flags = {flag.lower() for flag in raw["flags"]}
    use = {"is_key": "not_key" not in flags, "reads": "access" in flags, "writes": bool(flags & _CHANGES)}
    if "count" in raw:
        count_at, first, step = raw["count"]
        return KeySpec(index, keyword, start, step=step, count_at=count_at, first=first, **use)
    last, step, limit = raw["range"]
    return KeySpec(index, keyword, start, last, step, limit, **use)
