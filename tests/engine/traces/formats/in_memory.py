"""A member that lies in memory, cut into pieces as small as wished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.traces.block import SizedBlock
from engine.traces.formats.reader import About, Format, Options


@dataclass(frozen=True)
class InMemory:
    """Content as a `Member` gives it."""

    content: bytes
    step: int = 1 << 20
    name: str = "trace"
    path: Path | None = None

    def head(self) -> bytes:
        return self.content[: 64 << 10]

    def blocks(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), self.step):
            yield self.content[start : start + self.step]


def read(
    format_: Format, content: bytes, *, step: int = 1 << 20, options: Options | None = None
) -> tuple[list[SizedBlock], About]:
    """All blocks of a cache trace and what its reader learned."""
    reader = format_.open([InMemory(content, step)], options or Options())
    blocks = []
    for block in reader.blocks():
        assert isinstance(block, SizedBlock)
        blocks.append(block)
    return blocks, reader.about


def rows(blocks: list[SizedBlock]) -> list[tuple[str, bytes, int, int, int, int]]:
    """Command, key, key length, value length, reply length, TTL of each operation."""
    found = []
    for block in blocks:
        data, bounds = block.key_data.tobytes(), block.key_offsets.tolist()
        for i in range(len(block)):
            sizes = int(block.key_len[i]), int(block.value_len[i]), int(block.reply_len[i])
            found.append((block.names[block.cmd[i]], data[bounds[i] : bounds[i + 1]], *sizes, int(block.ttl_ms[i])))
    return found


def times(blocks: list[SizedBlock]) -> list[int]:
    """Microseconds of all operations."""
    return [int(t) for block in blocks for t in block.t_us]
