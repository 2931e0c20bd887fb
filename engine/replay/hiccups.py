"""How late this machine wakes a thread that only waits: what no engine and no player is to blame for."""

from __future__ import annotations

import threading
import time
from typing import Self

import numpy as np

_NAP_S = 0.002
_FEWEST = 20


class Hiccups:
    """Watches while its block runs. `p99_us`: the 99th percentile of lateness; None when there were too few naps to tell."""

    def __init__(self) -> None:
        self.p99_us: float | None = None
        self._late_s: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._nap, name="hiccups", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if len(self._late_s) >= _FEWEST:
            self.p99_us = float(np.quantile(self._late_s, 0.99, method="inverted_cdf")) * 1e6

    def _nap(self) -> None:
        while not self._over.is_set():
            begun = time.perf_counter()
            time.sleep(_NAP_S)
            self._late_s.append(max(time.perf_counter() - begun - _NAP_S, 0.0))
