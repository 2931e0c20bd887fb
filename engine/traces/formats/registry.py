"""Every format there is, in the order they are asked; which of them an input is in, and its reader."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import InputError
from engine.traces.formats import aof, cachelib, commands, monitor, oracle_general, pcap, rdb, twitter, valkey_csv
from engine.traces.formats.aof_parts import is_manifest
from engine.traces.formats.reader import Format, Member, Options, Reader
from engine.traces.formats.starting_point import StartingFrom

FORMATS: tuple[Format, ...] = (
    aof.FORMAT,  # a snapshot with commands after it begins like a snapshot, so this is asked first
    rdb.FORMAT,
    pcap.FORMAT,
    monitor.FORMAT,
    valkey_csv.FORMAT,
    cachelib.FORMAT,
    twitter.FORMAT,
    commands.FORMAT,
    oracle_general.FORMAT,
)

_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # what some Windows shells write when output goes to a file
_NOISE = frozenset((b"", b"OK", b"+OK"))
KNOWN = "a MONITOR recording, AOF, RDB, pcap, cache trace or command list"


def reader_of(members: Sequence[Member], options: Options) -> Reader:
    """A reader for all members: one recording, or one with the snapshots it starts from. Raises InputError."""
    if len(members) == 1 or any(is_manifest(member.head()) for member in members):
        return format_of(members).open(members, options)
    snapshots = [member for member in members if _of_one(member) is rdb.FORMAT]
    if not snapshots:
        return format_of(members).open(members, options)
    others = [member for member in members if member not in snapshots]
    traffic = format_of(others).open(others, options) if others else None
    return StartingFrom([rdb.FORMAT.open([member], options) for member in snapshots], traffic)


def format_of(members: Sequence[Member]) -> Format:
    """The one format of all members. Raises InputError when none fits, or when they differ."""
    if any(is_manifest(member.head()) for member in members):
        return aof.FORMAT
    found = [_of_one(member) for member in members]
    first = found[0]
    for member, other in zip(members, found, strict=True):
        if other is not first:
            raise InputError(
                f"this is a {other.title}, but {members[0].name} is a {first.title}.",
                source=member.name,
                expected="files of one format.",
                remedy="Bring them one by one.",
            )
    if len(members) > 1 and not first.many:
        raise InputError(
            f"there are {len(members)} files, and a {first.title} is one file.",
            source=members[1].name,
            remedy="Bring them one by one.",
        )
    return first


def _of_one(member: Member) -> Format:
    head = member.head()
    found = next((one for one in FORMATS if one.recognised(head)), None)
    if found is None:
        raise _not_a_recording(member, head)
    return found


def _not_a_recording(member: Member, head: bytes) -> InputError:
    lines = head.split(b"\n")
    telling = next((line for line in lines if line.strip() not in _NOISE), None)
    if telling is None:
        return InputError("there is no command in the file.", source=member.name, expected=f"{KNOWN}.")
    return InputError(
        f"not a recording that is known; it begins with {_shown(telling)}.",
        source=member.name,
        line=lines.index(telling) + 1,
        expected=f"{KNOWN}; of MONITOR {monitor.EXPECTED}",
        remedy="The file is UTF-16: save it as UTF-8." if head.startswith(_UTF16) else "",
    )


def _shown(line: bytes, longest: int = 60) -> str:
    """The beginning of a line, printable."""
    text = line[:longest].decode("utf-8", "backslashreplace")
    printable = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return f"“{printable[:longest]}{'…' if len(line) > longest else ''}”"
