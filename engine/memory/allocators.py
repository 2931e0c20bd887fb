"""What an allocator really hands out for a request of some bytes: what `used_memory` counts.

Engines add up usable sizes, not requested ones. glibc's malloc gives chunks of 16 bytes less an 8-byte header (which
`used_memory` does not count); jemalloc gives its size classes, four to a doubling, whose smallest step (the quantum) is 8
bytes in the engines' own builds and 16 where a distribution links the system's library.
"""

from __future__ import annotations

_LIBC_CHUNK, _LIBC_HEADER, _LIBC_SMALLEST = 16, 8, 24
_CLASSES_PER_DOUBLING = 4

LIBC = "libc"
JEMALLOC = "jemalloc"
JEMALLOC_8 = "jemalloc, quantum 8"


def usable(size: int, allocator: str) -> int:
    """Bytes counted for a request of `size` by `allocator` as INFO names it (`libc`, `jemalloc-5.3.0`), or one of the
    constants above. An allocator that is not known counts what was asked for."""
    if size <= 0:
        return 0
    if allocator == LIBC:
        return max(_round_up(size + _LIBC_HEADER, _LIBC_CHUNK) - _LIBC_HEADER, _LIBC_SMALLEST)
    if allocator.startswith(JEMALLOC):
        return _jemalloc(size, 8 if allocator == JEMALLOC_8 else 16)
    return size


def _jemalloc(size: int, quantum: int) -> int:
    if size <= 8:
        return 8
    # Up to four quanta a doubling apart the classes are whole quanta; above, a quarter of the power of two below.
    power = 1 << ((size - 1).bit_length() - 1)
    return _round_up(size, max(power // _CLASSES_PER_DOUBLING, quantum))


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step
