"""What an archive may contain: plain files with sensible names inside their own folder, each once, not too many.

Everything else is refused with the archive and the entry named; nothing of an archive is ever written to its own path.
"""

from __future__ import annotations

import re

from engine.errors import InputError
from engine.traces.limits import MAX_MEMBERS, MAX_NAME_BYTES

_DRIVE = re.compile(r"[A-Za-z]:")
_SHOWN = 80


def printable(name: str) -> str:
    """The name as messages show it: escapes in place of what cannot be printed."""
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def ignored(name: str) -> bool:
    """Whether the entry is what file managers leave in archives."""
    parts = name.split("/")
    return parts[-1] == ".DS_Store" or "__MACOSX" in parts


class EntryNames:
    """The names of one archive's files, checked as they come."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._seen: set[str] = set()

    def take(self, name: str) -> str:
        """The member's name for messages, `dump.zip: folder/file`. Raises InputError for one that is not taken."""
        if problem := _problem(name):
            raise self.refusal(name, problem)
        if name in self._seen:
            raise self.refusal(name, "the archive has two files of this name.")
        self._seen.add(name)
        if len(self._seen) > MAX_MEMBERS:
            raise InputError(
                f"the archive has more than {MAX_MEMBERS} files.",
                source=self._archive,
                remedy="Pack the recording alone.",
            )
        return f"{self._archive}: {name}"

    def refusal(self, name: str, problem: str) -> InputError:
        """An error about this entry."""
        return InputError(
            problem,
            source=f"{self._archive}: {printable(name)}",
            expected="an archive of plain files inside their own folder.",
            remedy="Pack the recording again.",
        )


def _problem(name: str) -> str:
    if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
        return f"its name is longer than {MAX_NAME_BYTES} bytes."
    if not name or not name.isprintable():
        return "its name has characters that cannot be printed."
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or _DRIVE.match(name):
        return "its path leads out of the archive's folder."
    return ""
