"""IDs for entries that were added with `XADD *`: those they had when recorded, as far as later commands give them away. Pure.

A server makes an ID of its clock (ms) and a sequence within that millisecond. The recording's time stamps are of the same
clock, a millisecond later at most; where they and the IDs named later meet, the entry gets that very ID, so that XACK, XDEL
and XCLAIM find it. Streams of which no ID is named, and those that scripts add to, keep `*`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.replay.stream_names import SEQUENCE_BITS, StreamNames, unpacked

_BEHIND_MS = 2  # an ID's clock was read so much before the time stamp at most, besides the recording's own resolution


@dataclass(slots=True)
class _Stream:
    ids: npt.NDArray[np.int64]  # named, sorted, each once
    at: int = 0
    last: int = -1
    found: int = 0

    def give(self, now_ms: int, behind_ms: int) -> int:
        """The ID of the entry added at `now_ms`; each is larger than the one before."""
        earliest = max(self.last + 1, now_ms - behind_ms << SEQUENCE_BITS)
        self.at += int(np.searchsorted(self.ids[self.at :], earliest))
        named = int(self.ids[self.at]) if self.at < len(self.ids) else None
        if named is not None and named >> SEQUENCE_BITS <= now_ms:
            now_ms = named >> SEQUENCE_BITS
        given = max(now_ms << SEQUENCE_BITS, self.last + 1)
        self.found += given == named
        self.last = given
        return given


@dataclass(slots=True)
class StreamIds:
    """Hands out IDs in the order in which entries are added. `first_us` is the wall clock of the recording's beginning."""

    names: StreamNames
    first_us: int | None
    finest_us: int
    _streams: dict[bytes, _Stream] = field(default_factory=dict)

    def named(self, args: Sequence[bytes], t_us: int) -> tuple[bytes, ...]:
        """The arguments of an XADD, with an ID in the place of `*` where it has one."""
        place = _id_place(args)
        if self.first_us is None or not args or args[place] != b"*" or args[0] not in self.names.ids:
            return tuple(args)
        if args[0] in self.names.scripted:
            return tuple(args)
        stream = self._streams.get(args[0])
        if stream is None:
            stream = self._streams[args[0]] = _Stream(np.unique(np.array(self.names.ids[args[0]], dtype=np.int64)))
        behind_ms = _BEHIND_MS + self.finest_us // 1000
        given = stream.give((self.first_us + t_us) // 1000, behind_ms)
        return (*args[:place], unpacked(given), *args[place + 1 :])

    def note(self) -> tuple[str, ...]:
        """What to say of it."""
        if not self.names.ids:
            return ()
        total = sum(len(set(ids)) for ids in self.names.ids.values())
        found = sum(stream.found for stream in self._streams.values())
        return (
            f"Stream entries: {found:,} of the {total:,} IDs that XACK, XDEL and XCLAIM name are those of entries that this "
            "recording adds, and these were added under them; the others were added earlier or cannot be told, and what names "
            "them finds nothing.",
        )


def _id_place(args: Sequence[bytes]) -> int:
    """Where XADD's ID stands: after the key and the options."""
    at = 1
    while at < len(args) - 1:
        word = args[at].upper()
        if word == b"NOMKSTREAM" or word in (b"KEEPREF", b"DELREF", b"ACKED"):
            at += 1
        elif word in (b"MAXLEN", b"MINID"):
            at += 3 if args[at + 1] in (b"=", b"~") else 2
        elif word == b"LIMIT":
            at += 2
        else:
            break
    return min(at, len(args) - 1)
