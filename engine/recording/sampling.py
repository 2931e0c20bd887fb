"""Which commands are kept: all of some keys, rather than some commands of all keys.

A command is kept when the hash of its first key's hash tag falls into the share, so keys that belong together are kept
together. A command without a key is kept when the hash of its connection's address does. Lines of scripts follow their
call, and MULTI and EXEC are kept around what is kept of a transaction.
"""

from __future__ import annotations

import binascii
from fractions import Fraction

from engine.errors import InputError
from engine.slots import hash_tag

DROP, KEEP, KEEP_AFTER_MULTI = range(3)
_SCRIPTS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
_ENDS = frozenset(("EXEC", "DISCARD", "RESET", "QUIT"))
_EXPECTED = "a share of the keys such as 1/16 or 0.05, above 0 and at most 1."
_MOST_OPEN = 1 << 20  # transactions begun and not ended, over all connections


def parse_share(text: str) -> Fraction:
    """`1/16`, `0.05` or `1`. Raises InputError."""
    try:
        share = Fraction(text.strip())
    except (ValueError, ZeroDivisionError) as error:
        raise InputError(f"{text[:40]!r} is no share.", source="--sample", expected=_EXPECTED) from error
    if not 0 < share <= 1:
        raise InputError(f"{text[:40]!r} is no share.", source="--sample", expected=_EXPECTED)
    return share


def in_share(text: bytes, share: Fraction) -> bool:
    """Whether the hash of `text` falls into the share: CRC-32, mixed so that it does not follow CRC-16's slots."""
    mixed = (binascii.crc32(text) * 0x9E3779B1) & 0xFFFFFFFF
    return (mixed ^ mixed >> 15) * share.denominator < share.numerator << 32


class Sampler:
    """Decides for the lines of one shard, in their order."""

    def __init__(self, share: Fraction) -> None:
        self._share = share
        self._script_kept = False
        self._began: set[bytes] = set()  # connections with a MULTI that is not written yet
        self._inside: set[bytes] = set()  # and those whose MULTI is

    def decide(self, client: bytes, lua: bool, name: str, key: bytes | None) -> int:
        """DROP, KEEP, or KEEP_AFTER_MULTI: keep, and write the MULTI of its connection first.

        `name`: canonical. `key`: the command's first.
        """
        if self._share == 1:
            return KEEP
        if lua:
            return KEEP if self._script_kept else DROP
        if name == "MULTI":
            self._begin(client)
            return DROP
        if name in _ENDS:
            return self._end(client)
        kept = in_share(client if key is None else hash_tag(key), self._share)
        if name in _SCRIPTS:
            self._script_kept = kept
        return self._inside_transaction(client) if kept else DROP

    def _begin(self, client: bytes) -> None:
        if len(self._began) < _MOST_OPEN:
            self._began.add(client)

    def _end(self, client: bytes) -> int:
        self._began.discard(client)
        if client in self._inside:
            self._inside.discard(client)
            return KEEP
        return DROP

    def _inside_transaction(self, client: bytes) -> int:
        if client not in self._began:
            return KEEP
        self._began.discard(client)
        self._inside.add(client)
        return KEEP_AFTER_MULTI
