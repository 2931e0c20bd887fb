"""What becomes of commands about scripts and functions: those that load are done before the replay, on every shard. Pure.

A recording begins with scripts loaded and a replay with all of them, so a call that was refused for want of its script would
now run it, and the client's second attempt would run it again: such calls are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1

LOADED = "script or function (loaded on every shard before the replay)"
REMOVED = "removal of scripts or functions (they stay loaded)"
REFUSED = "EVALSHA of a script that was not loaded yet (the client's next attempt is replayed)"
CALLS = frozenset(["EVAL", "EVALSHA", "FCALL", "EVAL_RO", "EVALSHA_RO", "FCALL_RO"])
BY_HASH = frozenset(["EVALSHA", "EVALSHA_RO"])
_LOADING = frozenset(["SCRIPT LOAD", "FUNCTION LOAD", "FUNCTION RESTORE"])
_REMOVING = frozenset(["SCRIPT FLUSH", "FUNCTION DELETE", "FUNCTION FLUSH"])
_FORMAT_WITH_LINES = "monitor"  # shows what scripts ran, so that a call without lines is telling


def why_left_out(cmd: str) -> str | None:
    """Why a command about scripts is not sent, None for all others."""
    if cmd in _LOADING:
        return LOADED
    return REMOVED if cmd in _REMOVING else None


def hash_of(args: Sequence[bytes]) -> str:
    """The hash an EVALSHA names."""
    return args[0].decode("latin-1").lower()


@dataclass(slots=True)
class Shown:
    """Which scripts have been shown so far; `known` are those the whole recording shows."""

    format: str
    known: Mapping[str, bytes]
    _shown: set[str] = field(default_factory=set)

    def look_at(self, cmd: str, args: Sequence[bytes] | None) -> None:
        """Take in one recorded command."""
        if args and cmd in ("EVAL", "EVAL_RO", "SCRIPT LOAD"):
            self._shown.add(sha1(args[0], usedforsecurity=False).hexdigest())

    def was_refused(self, cmd: str, args: Sequence[bytes], lines: int) -> bool:
        """Whether a call that ran `lines` lines named a script that was loaded only later. One that ran is shown from then
        on."""
        if cmd not in BY_HASH or _FORMAT_WITH_LINES not in self.format.lower():
            return False
        name = hash_of(args)
        if lines:
            self._shown.add(name)
        return not lines and name in self.known and name not in self._shown
