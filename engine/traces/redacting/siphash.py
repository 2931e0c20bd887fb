"""SipHash-2-4 and what is made from it: a keyed hash of bytes, and a stream of pseudo-random numbers from one hash.

J.-P. Aumasson, D. J. Bernstein: SipHash: a fast short-input PRF (INDOCRYPT 2012), 128-bit key, 64-bit result. The stream is
SplitMix64 (G. L. Steele, D. Lea, C. H. Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import U8

Four = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

_V0, _V1 = np.uint64(0x736F6D6570736575), np.uint64(0x646F72616E646F6D)
_V2, _V3 = np.uint64(0x6C7967656E657261), np.uint64(0x7465646279746573)
_FINAL = np.uint64(0xFF)
_WORD = np.uint64(64)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)


@kernel
def _rotated(value: np.uint64, by: int) -> np.uint64:
    return (value << np.uint64(by)) | (value >> (_WORD - np.uint64(by)))


@kernel
def _round(v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64) -> Four:
    v0 = v0 + v1
    v2 = v2 + v3
    v1 = _rotated(v1, 13) ^ v0
    v3 = _rotated(v3, 16) ^ v2
    v0 = _rotated(v0, 32) + v3
    v2 = v2 + v1
    v3 = _rotated(v3, 21) ^ v0
    v1 = _rotated(v1, 17) ^ v2
    return v0, v1, _rotated(v2, 32), v3


@kernel
def _taken(v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64, word: np.uint64) -> Four:
    """The state after one word of input: two rounds."""
    v0, v1, v2, v3 = _round(v0, v1, v2, v3 ^ word)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ word, v1, v2, v3


@kernel
def _word_at(data: U8, start: int, count: int) -> np.uint64:
    """`count` bytes as a little-endian number."""
    word = np.uint64(0)
    for place in range(count):
        word |= np.uint64(data[start + place]) << np.uint64(8 * place)
    return word


@kernel
def keyed_hash(key0: np.uint64, key1: np.uint64, tweak: np.uint64, data: U8, start: int, stop: int) -> np.uint64:
    """SipHash-2-4 of the eight bytes of `tweak` followed by `data[start:stop]`."""
    v0, v1, v2, v3 = _taken(_V0 ^ key0, _V1 ^ key1, _V2 ^ key0, _V3 ^ key1, tweak)
    place = start
    while place + 8 <= stop:
        v0, v1, v2, v3 = _taken(v0, v1, v2, v3, _word_at(data, place, 8))
        place += 8
    length = np.uint64((stop - start + 8) & 0xFF) << np.uint64(56)
    v0, v1, v2, v3 = _taken(v0, v1, v2, v3, length | _word_at(data, place, stop - place))
    v2 ^= _FINAL
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@kernel
def stream_word(seed: np.uint64, number: int) -> np.uint64:
    """Word `number` of the pseudo-random stream that begins at `seed`."""
    mixed = seed + np.uint64(number) * _GOLDEN
    mixed = (mixed ^ (mixed >> _30)) * _MIX1
    mixed = (mixed ^ (mixed >> _27)) * _MIX2
    return mixed ^ (mixed >> _31)
