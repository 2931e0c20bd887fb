"""Inputs to start from, by format: the beginnings of the real samples, and a few lines where no sample is kept."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

from engine.traces import limits
from engine.traces.formats.reader import Format

DATA = Path(__file__).parents[1] / "data"
SEED_BYTES = 4_096
_SNAPSHOTS = (b"REDIS", b"VALKEY")  # loading one starts an engine: too slow to do some hundred times
_LINES: dict[str, tuple[bytes, ...]] = {
    "twitter": (b"0,q:q:1:8WTfjZU14ee,17,213,4,get,0\n0,yDqF:3q:1AJrrJ1nnCJKKrnGx1A,27,27,5,set,60\n",),
    "cachelib": (
        b"key,op,size,op_count,key_size\n1668757755,SET,82,1,40\n1668757755,GET,0,2,40\n",
        b"op_time,key,key_size,op,op_count,size,cache_hits,ttl\n7,1665497896,40,GET,1,82,1,0\n8,16,40,DELETE,1,0,0,0\n",
    ),
    "oracle_general": (b"".join(struct.pack("<IQIq", at, at % 3, 100, at + 3) for at in range(40)),),
    "valkey_csv": (
        b'OK\n1778474345309397,76,0,set,"k\\x00",WRITE,1,string,32,160\n1778474345309398,77,0,get,"k",READ,0,,,\n',
    ),
    "commands": (b"SET k \"a \\x41\\n\"\nGET k\nHSET h f 'v w'\n", b"MULTI\nINCR n\nEXEC\n"),
    "monitor": (b'OK\n1718000000.123456 [0 127.0.0.1:50000] "SET" "k\\x00" "v"\n1718000000.2 [0 lua] "GET" "k"\n',),
    "aof": (b"#TS:1700000000\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",),
}


def seeds_of(format: Format, *, snapshots: bool = False) -> list[bytes]:
    """Beginnings of every sample the format recognises, at most `SEED_BYTES` each, and its own lines."""
    found = [data for data in _samples() if format.recognised(data) and snapshots == data.startswith(_SNAPSHOTS)]
    return found + ([] if snapshots else list(_LINES.get(format.name, ())))


def _samples() -> list[bytes]:
    files = sorted(path for path in DATA.rglob("*") if path.is_file() and path.suffix not in (".md", ".json"))
    return [_beginning(path)[: min(SEED_BYTES, limits.HEAD_BYTES)] for path in files]


def _beginning(path: Path) -> bytes:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return file.read(SEED_BYTES)
