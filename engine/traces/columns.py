"""Numpy columns of commands as the Arrow columns of a trace, without a Python object per command."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.traces.annotating import kernels
from engine.traces.annotating.annotation import Annotated
from engine.traces.block import I32, I64, U8, UNKNOWN, SizedBlock
from engine.traces.store import SCHEMA, Columns


def full_columns(found: Annotated, t_us: I64, flags: U8) -> Columns:
    """The columns of annotated commands."""
    block = found.block
    key_offsets, key_data = kernels.gathered(block.data, block.offsets, found.key)
    no_key = found.key < 0
    row_starts, word_starts, data = kernels.arguments(
        block.data, block.offsets, block.first, found.layouts, found.name_words
    )
    words = pa.BinaryArray.from_buffers(
        pa.binary(), len(word_starts) - 1, [None, pa.py_buffer(word_starts), pa.py_buffer(data)]
    )
    return Columns(
        t_us=pa.array(t_us),
        conn=pa.array(block.conn),
        db=pa.array(block.db),
        cmd=_names(found.cmd, found.names),
        key=_binary(key_offsets, key_data, no_key),
        args=pa.ListArray.from_arrays(pa.array(row_starts), words),
        key_len=pa.array(np.diff(key_offsets), mask=no_key),
        value_len=pa.array(found.value_len),
        reply_len=_nulls("reply_len", len(block)) if block.reply_len is None else _known(block.reply_len),
        ttl_ms=_known(found.ttl_ms),
        flags=pa.array(flags),
    )


def sized_columns(block: SizedBlock, t_us: I64, cmd: I32, names: list[str], flags: U8) -> Columns:
    """The columns of commands known by their sizes."""
    rows = len(block)
    return Columns(
        t_us=pa.array(t_us),
        conn=pa.array(block.conn),
        db=pa.array(np.zeros(rows, np.int16)),
        cmd=_names(cmd, names),
        key=_binary(block.key_offsets.astype(np.int32), block.key_data, np.zeros(rows, np.bool_)),
        args=_nulls("args", rows),
        key_len=_known(block.key_len),
        value_len=_known(block.value_len),
        reply_len=_known(block.reply_len),
        ttl_ms=_known(block.ttl_ms),
        flags=pa.array(flags),
    )


def _names(cmd: I32, names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(cmd), pa.array(names, pa.string()))


def _known(values: NDArray[Any]) -> pa.Array:
    return pa.array(values, mask=values == UNKNOWN)


def _nulls(column: str, rows: int) -> pa.Array:
    return pa.nulls(rows, SCHEMA.field(column).type)


def _binary(offsets: I32, data: U8, missing: NDArray[np.bool_]) -> pa.Array:
    valid = None
    if missing.any():
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(missing), [valid, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(data)]
    )
