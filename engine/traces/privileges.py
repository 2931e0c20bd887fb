"""The least rights each group of clients needs, read from what it really did: ready `ACL SETUSER` lines.

Commands are granted one by one, keys and channels by the pattern of their family, reading and writing apart. Commands for
administrators are never granted. Patterns come from the stored keys: when the recording was redacted, segments that were
replaced show as `*` or as their replacement, and only a recording with its schema words kept gives final patterns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import commands
from engine.progress import Report, ShouldStop, ignore, never
from engine.traces.acl_patterns import ANY, few
from engine.traces.model import TraceHeader
from engine.traces.privilege_scan import Call, Use, scan
from engine.traces.profiling.group_tally import NOT_TOLD_APART
from engine.traces.store import read_header

EVERYBODY = "all clients"
GROUPS_LISTED = 100
_REDACTED = (
    "The recording is redacted: replaced segments of keys are not the ones your clients use. "
    "Read it again without redaction, or with the words of your key schema kept, for final patterns."
)
_UNSEEN = (
    "Scripts are called by hash or function name: commands they run are granted as far as the recording shows them. "
    "Add what else they call."
)
_WRITES_ONLY = "The format holds writes only: commands that read are missing here."
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a real server said: calls of the recording it allows, calls outside the rights it refuses, and mistakes."""

    engine: str
    version: str
    allowed: int
    refused: int
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupPrivileges:
    """One group of clients and the rights it needs.

    `commands`: granted command -> calls (0: only scripts run it). `patterns`: `~` read and changed, `%R~` read, `%W~`
    changed. `withheld`: commands the group used that are not granted, with the reason. `samples`: calls to try.
    """

    group: str
    user: str
    operations: int
    commands: Mapping[str, int]
    patterns: tuple[str, ...]
    channels: tuple[str, ...]
    acl_setuser: str
    withheld: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    checked: Checked | None = None
    samples: tuple[Call, ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; samples stay out."""
        checked = self.checked
        return {
            "group": self.group,
            "user": self.user,
            "operations": self.operations,
            "commands": dict(self.commands),
            "patterns": list(self.patterns),
            "channels": list(self.channels),
            "acl_setuser": self.acl_setuser,
            "withheld": dict(self.withheld),
            "notes": list(self.notes),
            "checked": checked
            and {
                "engine": checked.engine,
                "version": checked.version,
                "allowed": checked.allowed,
                "refused": checked.refused,
                "mistakes": list(checked.mistakes),
            },
        }


def privileges(path: Path, *, report: Report = ignore, should_stop: ShouldStop = never) -> tuple[GroupPrivileges, ...]:
    """The rights of each client group of the stored trace at `path`, the busiest first.

    One group when the format tells no clients apart. Raises InputError when it is no trace, Cancelled when asked to stop.
    """
    header = read_header(path)
    uses = scan(path, header, report=report, should_stop=should_stop)
    order = sorted(uses, key=lambda at: (-uses[at].operations, at))[:GROUPS_LISTED]
    found: list[GroupPrivileges] = []
    for at in order:
        name = header.groups[at] if at < len(header.groups) else NOT_TOLD_APART if header.groups else EVERYBODY
        found.append(_group(name, _user(name, {one.user for one in found}), uses[at], header))
    return tuple(found)


def setuser_line(user: str, granted: Mapping[str, int], patterns: tuple[str, ...], channels: tuple[str, ...]) -> str:
    """One line for redis-cli or valkey-cli; the password is a placeholder."""
    words = [f"ACL SETUSER {user} on >PASSWORD resetkeys resetchannels -@all"]
    words += [f"+{name.lower().replace(' ', '|')}" for name in granted]
    return " ".join([*words, *patterns, *channels])


def _group(name: str, user: str, use: Use, header: TraceHeader) -> GroupPrivileges:
    withheld = {cmd: reason for cmd in {*use.commands, *use.inside} if (reason := _why_not(cmd))}
    wanted = Counter(dict.fromkeys(sorted(use.inside), 0)) + use.commands
    granted = {cmd: wanted[cmd] for cmd in sorted({*use.commands, *use.inside}) if _is_granted(cmd)}
    patterns = _key_patterns(use)
    drawn = few(frozenset(use.channels))
    channels = tuple(f"&{pattern}" for pattern in sorted({ANY} if ANY in drawn else drawn))
    return GroupPrivileges(
        group=name,
        user=user,
        operations=use.operations,
        commands=granted,
        patterns=patterns,
        channels=channels,
        acl_setuser=setuser_line(user, granted, patterns, channels),
        withheld=dict(sorted(withheld.items())),
        notes=_notes(use, header, patterns),
        samples=tuple(call for call in use.samples if _is_granted(commands.split(call)[0])),
    )


def _key_patterns(use: Use) -> tuple[str, ...]:
    """Patterns by kind of use; one that only ever appears as neither read nor changed needs to be known at least."""
    kinds: dict[str, set[str]] = {"~": set(), "%R~": set(), "%W~": set()}
    for pattern, (reads, writes) in use.keys.items():
        kinds["~" if reads and writes else "%W~" if writes else "%R~"].add(pattern)
    drawn = {kind: few(frozenset(found)) for kind, found in kinds.items()}
    if ANY in drawn["~"]:
        return (f"~{ANY}",)  # the engines refuse more beside it
    return tuple(f"{kind}{pattern}" for kind, found in drawn.items() for pattern in sorted(found))


def _is_granted(cmd: str) -> bool:
    command = commands.find(cmd)
    return command is not None and "no_auth" not in command.flags and not _why_not(cmd)


def _why_not(cmd: str) -> str:
    """Why a command is not granted; empty when it is, or needs no right."""
    command = commands.find(cmd)
    if command is None:
        return "not known to the engines here"
    if command.admin or "admin" in command.acl:
        return "for administrators"
    return "its subcommand is not known" if command.subcommands and cmd == command.name else ""


def _notes(use: Use, header: TraceHeader, patterns: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if header.redaction != "none":
        notes.append(_REDACTED)
    if use.unseen_scripts:
        notes.append(_UNSEEN)
    if header.writes_only:
        notes.append(_WRITES_ONLY)
    dangerous = sorted(cmd for cmd in use.commands if _is_granted(cmd) and "dangerous" in _acl(cmd))
    if any(pattern.endswith(f"~{ANY}") for pattern in patterns):
        notes.append(
            "Some keys are an identifier alone, so their pattern is every key: a prefix would tell them apart."
        )
    if dangerous:
        notes.append(f"The engines call these dangerous, and the clients used them: {', '.join(dangerous)}.")
    return tuple(notes)


def _acl(cmd: str) -> frozenset[str]:
    command = commands.find(cmd)
    return command.acl if command else frozenset()


def _user(group: str, taken: set[str]) -> str:
    """A user name of letters, digits, `-` and `_` for a group, different from those taken."""
    name = _UNSAFE.sub("-", group).strip("-")[:48] or "client"
    name = f"client-{name}" if name[0].isdigit() else name
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
