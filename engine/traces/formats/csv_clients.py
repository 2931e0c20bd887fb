"""Connection numbers for client names of cache traces: by appearance over the whole recording, in bounded memory.

Clients beyond `limits.MAX_CLIENTS` share the numbers of those before them.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I32, I64
from engine.traces.limits import MAX_CLIENTS

_SLOTS = 2 * MAX_CLIENTS  # a power of two, never more than half full


class ClientNumbers:
    """Numbers clients; a client is known by a hash of its name, see `csv_columns.hashed`."""

    def __init__(self) -> None:
        self.count = 0
        self._hashes = np.full(_SLOTS, -1, np.int64)
        self._numbers = np.empty(_SLOTS, np.int32)

    def of(self, hashes: I64) -> I32:
        """The numbers of these clients, shape as `hashes`, which are at least 0."""
        found = np.empty(len(hashes), np.int32)
        self.count = int(_number(hashes, self._hashes, self._numbers, self.count, MAX_CLIENTS, found))
        return found


@kernel
def _number(hashes: I64, slots: I64, numbers: I32, count: int, most: int, out: I32) -> int:
    mask = len(slots) - 1
    for row in range(len(hashes)):
        slot = hashes[row] & mask
        while slots[slot] != hashes[row] and slots[slot] != -1:
            slot = (slot + 1) & mask
        if slots[slot] == hashes[row]:
            out[row] = numbers[slot]
        elif count < most:
            slots[slot], numbers[slot], out[row] = hashes[row], count, count
            count += 1
        else:
            out[row] = hashes[row] % most
    return count
