"""What a connection's own commands change: the database it works in, and secrets that are never handed on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.traces.capture.recorded import Recorded

HIDDEN = b"(redacted)"  # as MONITOR writes it
_MOST_DATABASES = 32_767
_NUMBER = re.compile(rb"\d{1,5}")
_SECRET_SETTINGS = (b"PASS", b"AUTH")  # requirepass, masterauth, primaryauth, tls-key-file-pass …


class Session:
    """Follows SELECT, RESET and DISCARD. A database counts from the request on, and is taken back if it was refused."""

    def __init__(self) -> None:
        self.db = 0
        self._before: dict[int, int] = {}  # of a SELECT not answered yet, by identity: the database before it
        self._at_multi = 0

    def request(self, name: bytes, words: list[bytes]) -> int:
        """The database this command runs in; a SELECT already counts to its new one."""
        if name == b"SELECT" and len(words) == 2 and _NUMBER.fullmatch(words[1]):
            self.db = min(int(words[1]), _MOST_DATABASES)
        elif name == b"RESET":
            self.db = 0
        elif name == b"MULTI":
            self._at_multi = self.db
        elif name == b"DISCARD":
            self.db = self._at_multi
        return self.db

    def sent(self, command: Recorded, before: int) -> None:
        """Remember what to go back to."""
        if command.name == b"SELECT":
            self._before[id(command)] = before

    def answered(self, command: Recorded, head: bytes, later: Iterable[Recorded]) -> None:
        """The reply of a command. `later`: those sent after it on the connection and not answered yet."""
        before = self._before.pop(id(command), None)
        if before is None or not head.startswith(b"-"):
            return
        command.db = before
        for following in later:
            if following.name == b"SELECT":
                self._before[id(following)] = before
                return
            following.db = before
        self.db = before

    def forget(self) -> None:
        """The replies waited for will not come."""
        self._before.clear()


def without_secrets(name: bytes, words: list[bytes]) -> list[bytes]:
    """The command with passwords and user names replaced, whatever the options say. Changes `words` in place."""
    if name == b"AUTH":
        words[1:] = [HIDDEN] * (len(words) - 1)
    elif name in (b"HELLO", b"MIGRATE"):
        _hide_after_auth(name, words)
    elif name == b"ACL" and len(words) > 3 and words[1].upper() == b"SETUSER":
        words[3:] = [HIDDEN if word[:1] in (b">", b"<", b"#", b"!") else word for word in words[3:]]
    elif name == b"CONFIG" and len(words) > 3 and words[1].upper() == b"SET":
        for at in range(2, len(words) - 1, 2):
            if any(part in words[at].upper() for part in _SECRET_SETTINGS):
                words[at + 1] = HIDDEN
    return words


def _hide_after_auth(name: bytes, words: list[bytes]) -> None:
    """`HELLO 3 AUTH user password`, `MIGRATE … AUTH password`, `MIGRATE … AUTH2 user password`."""
    first = 2 if name == b"HELLO" else 6
    for at, word in enumerate(words[first:], first):
        option = word.upper()
        if option in (b"AUTH", b"AUTH2"):
            count = 1 if name == b"MIGRATE" and option == b"AUTH" else 2
            hidden = words[at + 1 : at + 1 + count]
            words[at + 1 : at + 1 + count] = [HIDDEN] * len(hidden)
            return
