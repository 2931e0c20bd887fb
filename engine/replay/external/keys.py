"""Keys under one prefix, each in the very slot it was recorded in, so that shards are loaded as recorded and commands with
several keys stay in one slot.

| recorded key | becomes | why its slot stays |
|---|---|---|
| `cart:{42}:x`, with a hash tag | `headroom:a:cart:{42}:x` | the prefix has no brace: the same tag is found |
| `cart:42`, without | `headroom:b:{cart:42}` | the whole key was hashed, and as the tag it still is |
| `odd}key`, `{}key`: cannot be a tag | `headroom:c:{1kx}odd}key` | the tag is a short word of the same slot |

The letter keeps `{x}` and `x` from becoming one key. `original` is the exact inverse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import count

from engine.errors import InputError
from engine.slots import SLOTS, hash_tag, key_slot

DEFAULT = "headroom:"
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{2,62}:")  # no brace, and nothing that SCAN MATCH takes for a pattern
_TAGGED, _WHOLE, _ODD = b"a:", b"b:", b"c:"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The one prefix of every key that is written."""

    text: bytes

    def key(self, key: bytes) -> bytes:
        """The key to use in place of a recorded one: under the prefix, in the same slot; different keys stay different."""
        if hash_tag(key) != key:
            return self.text + _TAGGED + key
        if key and b"}" not in key:
            return b"%b%b{%b}" % (self.text, _WHOLE, key)
        return b"%b%b{%b}%b" % (self.text, _ODD, _words_by_slot()[key_slot(key)], key)

    def original(self, key: bytes) -> bytes:
        """The recorded key. Raises ValueError for a key that `key` does not make."""
        kind, rest = key[len(self.text) : len(self.text) + 2], key[len(self.text) + 2 :]
        if self.owns(key) and kind == _TAGGED:
            return rest
        if self.owns(key) and kind == _WHOLE and rest.startswith(b"{"):
            return rest[1:-1]
        if self.owns(key) and kind == _ODD:
            return rest.partition(b"}")[2]
        raise ValueError("not a key of this prefix")

    def owns(self, key: bytes) -> bool:
        return key.startswith(self.text)


def parse_prefix(text: str) -> Prefix:
    """Raises InputError when the text cannot be told from other keys, or would move keys to other slots."""
    if not _PREFIX.fullmatch(text):
        raise InputError(
            f"“{text[:80]}” cannot be the prefix.",
            source="--prefix",
            expected="4 to 64 letters, digits and . _ - : that begin with a letter or digit and end with a colon.",
        )
    return Prefix(text.encode())


@cache
def _words_by_slot() -> tuple[bytes, ...]:
    """For every slot the first number, in base 16, that hashes to it."""
    found: dict[int, bytes] = {}
    for number in count():
        word = b"%x" % number
        found.setdefault(key_slot(word), word)
        if len(found) == SLOTS:
            return tuple(found[slot] for slot in range(SLOTS))
    raise AssertionError("unreachable")
