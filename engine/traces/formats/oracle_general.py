"""libCacheSim's oracleGeneral: binary records of 24 bytes, little endian, one request each.

`<u32 time in s, u64 object, u32 size, i64 index of the object's next request, -1 for none>`. It has no mark of its own,
so the records at the beginning must all make sense, and every other format is asked before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.traces import limits
from engine.traces.block import I64, U8, UNKNOWN, SizedBlock
from engine.traces.clock import SECOND_US, SecondSpreader
from engine.traces.formats.csv_lines import WALL_CLOCK_FROM_S
from engine.traces.formats.reader import About, Format, Member, Options

EXPECTED = "binary records of 24 bytes (u32 time, u64 object, u32 size, i64 next request), in order of time."
RECORD = np.dtype([("time", "<u4"), ("object", "<u8"), ("size", "<u4"), ("next", "<i8")])
KEY_BYTES = 16  # the object's number in hexadecimal

_FEWEST = 2  # records that make a file recognisable
_LARGEST_BYTES = 512 << 20  # of an object; printable text read as a size is always more
_LAST_REQUEST = (1 << 63) - 1  # some writers say it so where others say -1
_MOST_REQUESTS = 1 << 40
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_NEVER_BACK_S = 1


def recognised(head: bytes) -> bool:
    """Whether all records of the beginning are possible: times and next requests in order, sizes in bounds."""
    records = np.frombuffer(head, RECORD, len(head) // RECORD.itemsize)
    whole = len(head) >= limits.HEAD_BYTES or len(head) % RECORD.itemsize == 0
    return bool(
        len(records) >= _FEWEST
        and whole
        and np.all(records["time"][1:] >= records["time"][:-1])
        and np.all(records["size"] <= _LARGEST_BYTES)
        and np.any(records["size"] > 0)
        and np.all(_possible(records["next"], np.arange(len(records))))
    )


def _possible(following: NDArray[np.int64], index: I64) -> NDArray[np.bool_]:
    none = (following == -1) | (following == _LAST_REQUEST)
    possible: NDArray[np.bool_] = none | ((following > index) & (following < _MOST_REQUESTS))
    return possible


class OracleGeneralReader:
    """Reads one trace."""

    def __init__(self, members: Sequence[Member], options: Options) -> None:
        self.about = About("oracle_general", clock_resolution_us=SECOND_US)
        self._member = members[0]
        self._clock = SecondSpreader()
        self._records = 0
        self._latest = 0

    def blocks(self) -> Iterator[SizedBlock]:
        """All requests, in order. Raises InputError."""
        rest = b""
        for piece in self._member.blocks():
            data = rest + piece
            count = len(data) // RECORD.itemsize
            rest = data[count * RECORD.itemsize :]
            if count:
                yield self._block(np.frombuffer(data, RECORD, count))
        if rest:
            self.about.skipped["truncated last record"] += 1
        if not self._records:
            raise InputError("there is no request in the file.", source=self._member.name, expected=EXPECTED)
        self.about.has_clock = self._latest >= WALL_CLOCK_FROM_S
        self.about.notes = tuple(self._notes(len(rest)))

    def _block(self, records: NDArray[np.void]) -> SizedBlock:
        self._check(records)
        self._records += len(records)
        self._latest = int(records["time"][-1])
        return SizedBlock(
            t_us=self._clock.spread(records["time"].astype(np.int64)),
            conn=np.zeros(len(records), np.int32),
            names=("GET",),
            cmd=np.zeros(len(records), np.int32),
            key_offsets=np.arange(len(records) + 1, dtype=np.int64) * KEY_BYTES,
            key_data=_hexadecimal(records["object"]),
            key_len=np.full(len(records), UNKNOWN, np.int32),
            value_len=np.zeros(len(records), np.int32),
            reply_len=records["size"].astype(np.int32),
            ttl_ms=np.full(len(records), UNKNOWN, np.int64),
        )

    def _check(self, records: NDArray[np.void]) -> None:
        """Raises InputError at the first record that cannot be one."""
        time = records["time"].astype(np.int64)
        back = np.maximum.accumulate(np.maximum(time, self._latest)) - time > _NEVER_BACK_S
        too_large = records["size"] > _LARGEST_BYTES
        wrong = back | too_large | ~_possible(records["next"], self._records + np.arange(len(records)))
        if wrong.any():
            place = int(np.argmax(wrong))
            raise InputError(
                _problem(records[place], back=bool(back[place]), too_large=bool(too_large[place])),
                source=self._member.name,
                offset=(self._records + place) * RECORD.itemsize,
                expected=EXPECTED,
            )

    def _notes(self, left_over: int) -> Iterator[str]:
        if left_over:
            yield f"The last record is cut off after {left_over} of {RECORD.itemsize} bytes and was left out."
        yield "The format tells object and size only: every request became a GET that is answered with the object's size."
        yield "It knows neither writes, clients, times to live, keys (the object's number stands for it) nor values."
        yield "The clock counts whole seconds; requests are spread inside their second."


def _problem(record: np.void, *, back: bool, too_large: bool) -> str:
    if back:
        return f"the time goes back to {record['time']} s."
    if too_large:
        return f"an object has {record['size']:,} bytes, more than {_LARGEST_BYTES:,}."
    return f"the next request of the object is given as number {record['next']}, which is not behind this one."


def _hexadecimal(numbers: NDArray[np.uint64]) -> U8:
    """16 hexadecimal digits for each number, one after another."""
    octets = numbers.astype(">u8").view(np.uint8)
    digits = np.empty(2 * len(octets), np.uint8)
    digits[0::2] = _HEX[octets >> 4]
    digits[1::2] = _HEX[octets & 15]
    return digits


FORMAT = Format(
    name="oracle_general",
    title="libCacheSim trace (oracleGeneral)",
    expected=EXPECTED,
    recognised=recognised,
    open=OracleGeneralReader,
)
