"""The door to compiled loops: functions over numpy arrays that are compiled on first use and kept compiled on disk.

A kernel takes and returns numbers and arrays only, raises nothing, and never sees user text as anything but bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` when it is first called; other threads run meanwhile."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))
