"""A thread that only naps tells how late it was woken, as soon as it has napped often enough."""

from __future__ import annotations

import threading
import time

from engine.replay import hiccups
from engine.replay.hiccups import Hiccups


def test_a_block_that_is_over_at_once_tells_nothing() -> None:
    with Hiccups() as watch:
        pass
    assert watch.p99_us is None


def test_after_enough_naps_there_is_a_figure_and_no_thread_is_left() -> None:
    with Hiccups() as watch:
        while len(watch._late_s) < hiccups._FEWEST:
            time.sleep(0.01)
    assert watch.p99_us is not None
    assert watch.p99_us >= 0
    assert all(thread.name != "hiccups" for thread in threading.enumerate())
