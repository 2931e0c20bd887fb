"""The parts of an append-only file: one file alone, or a folder of them with the manifest that says which follows which.

Manifest lines read `file NAME seq N type b|h|i`, newer engines add `startoffset N endoffset M`; `#` begins a comment, a
name may be quoted, an empty line is an error (Redis 7, aof.c). History files are left-overs the engine itself ignores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import InputError
from engine.traces.formats.reader import Member

EXPECTED_LINE = "file NAME seq NUMBER type b, h or i."
_MOST_MANIFEST_BYTES = 1 << 20
_LINE = re.compile(
    rb'file (?P<name>"(?:[^"\\]|\\.)+"|[^\s"]+) seq (?P<seq>\d{1,18}) type (?P<kind>[bhi])'
    rb"(?: startoffset -?\d{1,19})?(?: endoffset -?\d{1,19})?\s*"
)
_RDB_MAGICS = (b"REDIS", b"VALKEY")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of commands. `rewritten`: it holds the keyspace as it stood at a rewrite rather than what clients did.

    `snapshot`: it begins with an RDB snapshot. `last`: nothing follows, so it may be cut off.
    """

    member: Member
    rewritten: bool
    snapshot: bool
    last: bool


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    seq: int
    kind: str


def is_manifest(head: bytes) -> bool:
    """Whether a file begins like a manifest: with a line about a file, after comments at most."""
    for line in head.split(b"\n"):
        if not line.startswith(b"#"):
            return _LINE.fullmatch(line) is not None
    return False


def parts_of(members: Sequence[Member]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The parts in the order of their commands, and the names of members left aside. Raises InputError."""
    manifests = [member for member in members if is_manifest(member.head())]
    if len(manifests) > 1:
        raise InputError("there are two manifests.", source=manifests[1].name, remedy="Bring one recording at a time.")
    if manifests:
        return _listed(manifests[0], members)
    if len(members) > 1:
        raise InputError(
            f"there are {len(members)} append-only files and no manifest that says which follows which.",
            source=members[0].name,
            expected="the whole folder, with the file whose name ends in .manifest.",
        )
    return (Part(members[0], rewritten=False, snapshot=_is_snapshot(members[0]), last=True),), ()


def _listed(manifest: Member, members: Sequence[Member]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    lines = _lines(manifest)
    bases = [line for line in lines if line.kind == "b"]
    increments = [line for line in lines if line.kind == "i"]
    if len(bases) > 1:
        raise _wrong(manifest, "it lists two base files.")
    if [line.seq for line in increments] != sorted({line.seq for line in increments}):
        raise _wrong(manifest, "its incremental files are not in order.")
    wanted = bases + increments
    if not wanted:
        raise _wrong(manifest, "it lists no file that is in use.")
    found = [_find(line, manifest, members) for line in wanted]
    used = {id(member) for member in (manifest, *found)}
    parts = tuple(_part(line, member, last=line is wanted[-1]) for line, member in zip(wanted, found, strict=True))
    return parts, tuple(member.name for member in members if id(member) not in used)


def _part(line: _Line, member: Member, *, last: bool) -> Part:
    """A base file named so by a rewrite holds a keyspace; one taken over from an older version holds commands."""
    snapshot = _is_snapshot(member)
    return Part(member, line.kind == "b" and ".base." in line.name and not snapshot, snapshot, last)


def _is_snapshot(member: Member) -> bool:
    return member.head().startswith(_RDB_MAGICS)


def _lines(manifest: Member) -> list[_Line]:
    text = b""
    for block in manifest.blocks():
        text += block
        if len(text) > _MOST_MANIFEST_BYTES:
            raise _wrong(manifest, "it is too long.")
    lines = []
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), 1):
        if not line.startswith(b"#"):
            lines.append(_line(line, number, manifest))
    return lines


def _line(line: bytes, number: int, manifest: Member) -> _Line:
    match = _LINE.fullmatch(line)
    if match is None:
        problem = "the line cannot be read." if line.strip() else "the line is empty."
        raise InputError(problem, source=manifest.name, line=number, expected=EXPECTED_LINE)
    name = _unquoted(match["name"]).decode("utf-8", "backslashreplace")
    if "/" in name or not name.isprintable():
        raise InputError("the name leads to another folder.", source=manifest.name, line=number, expected="a name.")
    return _Line(name, int(match["seq"]), match["kind"].decode())


def _unquoted(name: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", name[1:-1]) if name.startswith(b'"') else name


def _find(line: _Line, manifest: Member, members: Sequence[Member]) -> Member:
    """The member of this name beside the manifest, or the only one of this name at all."""
    folder = manifest.name[: _last_separator(manifest.name)]
    beside = [member for member in members if member.name == folder + line.name]
    named = beside or [member for member in members if member.name[_last_separator(member.name) :] == line.name]
    if len(named) != 1:
        raise InputError(
            f"the file {line.name} it lists is {'missing' if not named else 'there several times'}.",
            source=manifest.name,
            expected="all files of the folder, once.",
            remedy="Pack the whole folder.",
        )
    return named[0]


def _last_separator(name: str) -> int:
    """Where the file's own name begins in `archive.zip: folder/file`."""
    return max(name.rfind("/") + 1, name.rfind(": ") + 2 if ": " in name else 0)


def _wrong(manifest: Member, problem: str) -> InputError:
    return InputError(problem, source=manifest.name, expected=EXPECTED_LINE)
