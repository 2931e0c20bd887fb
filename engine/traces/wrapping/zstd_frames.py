"""The outline of a zstd stream: where its frames and blocks end, without unpacking anything (RFC 8878, section 3.1).

The unpacking library does not tell a stream that was cut off from one that is complete; the outline does.
"""

from __future__ import annotations

MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"  # after a first byte of 0x50 to 0x5f
_RLE_BLOCK = 1
_ID_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)


def begins_frame(head: bytes) -> bool:
    """Whether these bytes begin a frame, of data or to be skipped."""
    return head.startswith(MAGIC) or (len(head) >= 4 and head[0] & 0xF0 == 0x50 and head[1:4] == _SKIPPABLE)


class FrameWalk:
    """Walks along a stream given in pieces. What is no zstd stream is left to the unpacker to refuse."""

    def __init__(self) -> None:
        self._part = b""  # of a header that is not complete yet
        self._skip = 0  # content before the next header
        self._inside = False  # a frame, that is: block headers come next
        self._checksum = 0
        self._lost = False

    @property
    def complete(self) -> bool:
        """Whether all bytes so far end where a frame ends."""
        return self._lost or not (self._part or self._skip or self._inside)

    def feed(self, piece: bytes) -> None:
        at = 0
        while at < len(piece) and not self._lost:
            if self._skip:
                step = min(self._skip, len(piece) - at)
                self._skip -= step
                at += step
                continue
            self._part += piece[at : at + 1]
            at += 1
            self._block_header() if self._inside else self._frame_header()

    def _block_header(self) -> None:
        if len(self._part) < 3:
            return
        header = int.from_bytes(self._part, "little")
        size = 1 if header >> 1 & 3 == _RLE_BLOCK else header >> 3
        self._part = b""
        self._inside = not header & 1
        self._skip = size if self._inside else size + self._checksum

    def _frame_header(self) -> None:
        part = self._part
        if len(part) < 5:
            return
        if not begins_frame(part):
            self._lost = True
        elif part.startswith(MAGIC):
            self._data_frame(part[4])
        elif len(part) == 8:
            self._skip, self._part = int.from_bytes(part[4:], "little"), b""

    def _data_frame(self, descriptor: int) -> None:
        """Frame_Header_Descriptor: size flag (2 bits), single segment, unused, reserved, checksum, dictionary id (2)."""
        single = descriptor >> 5 & 1
        size = _SIZE_BYTES[descriptor >> 6] or single
        self._skip = size + (not single) + _ID_BYTES[descriptor & 3]
        self._checksum = 4 * (descriptor >> 2 & 1)
        self._inside, self._part = True, b""
