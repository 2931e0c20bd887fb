"""When is it time: pure decisions about due times, and a timer the kernel keeps to the nanosecond.

Open loop: units leave when the recording says so, whether or not earlier ones were answered. One that nobody could send for
`DROP_AFTER_NS` is dropped and counted, never silently sent late.
"""

from __future__ import annotations

import ctypes
import os

LATE_AFTER_NS = 1_000_000
DROP_AFTER_NS = 60_000_000_000
LATE_SHARE_ALLOWED = 0.01

_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK = os.O_NONBLOCK
_LIBC = ctypes.CDLL(None, use_errno=True)


def is_late(due_ns: int, sent_ns: int) -> bool:
    """Whether a unit left so long after it was due that it counts as late."""
    return sent_ns - due_ns > LATE_AFTER_NS


def is_hopeless(due_ns: int, now_ns: int) -> bool:
    """Whether a unit is so overdue that sending it would measure our backlog and not the server."""
    return now_ns - due_ns > DROP_AFTER_NS


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("it_interval", _Timespec), ("it_value", _Timespec))


class Timer:
    """A timerfd: becomes readable when the time has come. epoll's own timeout has only whole milliseconds."""

    def __init__(self) -> None:
        self.fd = int(_LIBC.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK))
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._spec = _Itimerspec()
        self._pointer = ctypes.byref(self._spec)

    def wake_in(self, ns: int) -> None:
        """Become readable `ns` nanoseconds from now (at least one)."""
        self._spec.it_value.tv_sec, self._spec.it_value.tv_nsec = divmod(max(ns, 1), 1_000_000_000)
        _LIBC.timerfd_settime(self.fd, 0, self._pointer, None)

    def clear(self) -> None:
        """Take note of the wake-up, so that the next one can be seen."""
        try:
            os.read(self.fd, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)
