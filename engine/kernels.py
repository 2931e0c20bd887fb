"""The door to compiled loops: functions over numpy arrays that are compiled on first use and kept compiled on disk.

A kernel takes and returns numbers and arrays only, raises nothing, and never sees user text as anything but bytes. What
is kept on disk lies in a folder named after the source of all kernels: Numba itself looks at a kernel's own file only,
and would go on using a loop that another, changed one was compiled into.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` when it is first called; other threads run meanwhile."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


def libc(name: str, returns: str, *takes: str) -> Callable[..., int]:
    """A function of the C library, for kernels to call (nobody else can). Types by Numba's names; pointers are `uintp`.

    Found by its name when a kernel is loaded: an address, as ctypes gives it, would keep the kernel from being cached.
    """
    signature = getattr(numba.types, returns)(*(getattr(numba.types, each) for each in takes))
    return cast("Callable[..., int]", numba.types.ExternalFunction(name, signature))


def _source_digest(folder: Path) -> str:
    """Of every file with a kernel in it."""
    digest = hashlib.blake2s(digest_size=8)
    for path in sorted(folder.rglob("*.py")):
        source = path.read_bytes()
        if b"@kernel" in source:
            digest.update(source)
    return digest.hexdigest()


if "NUMBA_CACHE_DIR" not in os.environ:
    _here = Path(__file__).parent
    vars(numba.config)["CACHE_DIR"] = str(_here / "__pycache__" / f"kernels-{_source_digest(_here)}")
