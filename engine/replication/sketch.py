"""HyperLogLog registers as both engines keep them, to know which PFADD changes nothing (and is not replicated)."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_M, _SEED, _SHIFT = 0xC6A4A7935BD1E995, 0xADC83B19, 47
_REGISTER_BITS = 14
_REST_BITS = 64 - _REGISTER_BITS


class Sketch:
    """`dirty`: changed since its cardinality was last counted; the next PFCOUNT then writes (and replicates) it."""

    def __init__(self) -> None:
        self._registers: dict[int, int] = {}
        self.dirty = True

    def add(self, element: bytes) -> bool:
        """Whether a register rose."""
        value = murmur64a(element)
        register, rest = value & ((1 << _REGISTER_BITS) - 1), (value >> _REGISTER_BITS) | 1 << _REST_BITS
        rank = (rest & -rest).bit_length()
        if self._registers.get(register, 0) >= rank:
            return False
        self._registers[register] = rank
        return True

    def merge(self, other: Sketch) -> None:
        """Take the higher of each register."""
        for register, rank in other._registers.items():
            self._registers[register] = max(rank, self._registers.get(register, 0))


def murmur64a(data: bytes) -> int:
    """MurmurHash64A with the engines' seed."""
    value = _SEED ^ (len(data) * _M & _MASK)
    whole = len(data) - len(data) % 8
    for place in range(0, whole, 8):
        word = int.from_bytes(data[place : place + 8], "little") * _M & _MASK
        word = (word ^ word >> _SHIFT) * _M & _MASK
        value = (value ^ word) * _M & _MASK
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    value = (value ^ value >> _SHIFT) * _M & _MASK
    return value ^ value >> _SHIFT
