"""One way to put bytes through a format's reader, for property tests and for the coverage-guided fuzzer alike."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.traces import formats, limits
from engine.traces.block import Block, SizedBlock
from engine.traces.formats.reader import About, Format, Options

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True, slots=True)
class InMemory:
    """A member whose bytes are at hand, handed out in pieces of `piece` bytes."""

    data: bytes
    name: str = "input"
    piece: int = limits.BLOCK_BYTES
    path: Path | None = None

    def head(self) -> bytes:
        return self.data[: limits.HEAD_BYTES]

    def blocks(self) -> Iterator[bytes]:
        return (self.data[at : at + self.piece] for at in range(0, len(self.data), self.piece))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader made of the bytes: commands read, or the error it raised."""

    commands: int
    about: About | None = None
    error: InputError | None = None


def all_formats() -> tuple[Format, ...]:
    """Every format of the package, whether the registry asks for it or not, by name."""
    modules = (
        importlib.import_module(f"{formats.__name__}.{entry.name}") for entry in pkgutil.iter_modules(formats.__path__)
    )
    found = {
        module.FORMAT.name: module.FORMAT for module in modules if isinstance(getattr(module, "FORMAT", None), Format)
    }
    return tuple(found[name] for name in sorted(found))


def read_all(
    format: Format, data: bytes, *, piece: int = limits.BLOCK_BYTES, options: Options | None = None
) -> Outcome:
    """Recognise and read `data` to the end, and hold every block to the contract. Only InputError is caught."""
    format.recognised(data[: limits.HEAD_BYTES])
    commands = 0
    try:
        reader = format.open([InMemory(data, piece=piece)], options or Options())
        for block in reader.blocks():
            check(block)
            commands += len(block)
    except InputError as error:
        assert str(error)
        return Outcome(commands, error=error)
    return Outcome(commands, about=reader.about)


def check(block: Block | SizedBlock) -> None:
    """Whether a block keeps what its class promises."""
    count = len(block)
    assert len(block.conn) == count
    assert (block.t_us[1:] >= block.t_us[:-1]).all()
    if isinstance(block, Block):
        _check_words(block, count)
    else:
        _check_sizes(block, count)


def _check_words(block: Block, count: int) -> None:
    assert len(block.db) == len(block.lua) == count
    assert len(block.first) == count + 1
    assert block.first[0] == 0
    assert (block.first[1:] > block.first[:-1]).all()
    assert len(block.offsets) == block.first[-1] + 1
    assert (block.offsets[1:] >= block.offsets[:-1]).all()
    assert block.offsets[0] >= 0
    assert block.offsets[-1] <= len(block.data)
    assert block.reply_len is None or len(block.reply_len) == count


def _check_sizes(block: SizedBlock, count: int) -> None:
    columns = (block.cmd, block.key_len, block.value_len, block.reply_len, block.ttl_ms)
    assert all(len(column) == count for column in columns)
    assert len(block.key_offsets) == count + 1
    assert block.key_offsets[-1] <= len(block.key_data)
    assert (block.key_offsets[1:] >= block.key_offsets[:-1]).all()
    if count:
        assert 0 <= block.cmd.min() <= block.cmd.max() < len(block.names)
