"""What the same keys would take under a production build's allocator: size class by size class, with a range.

MEMORY USAGE tells what the allocator handed out for a key; how much was asked for is known for what follows from the key's
name, and lies within one size class for the rest. For each class the mean over all requests that fall into it is the likely
figure, the least and the most of them are the range. Values of many allocations (skip lists, hash tables, quick lists,
streams) are taken at the average over small, or over large, classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.memory.allocators import JEMALLOC_8, LIBC, usable
from engine.memory.layout import DICT, Layout

_OBJECT = 16  # robj: its header and its pointer
_ENTRY, _ENTRY_IN_CLUSTER = 24, 40  # dictEntry, with the slot's list in cluster mode
_EXPIRY = 8
_SHORT = 32  # names below this have a header of one byte, else of three
_ONE_PIECE = frozenset(("int", "embstr", "raw", "listpack", "ziplist", "intset"))
# Of many pieces: elements are small; nodes of lists and streams fill their last class before the next node begins.
_SMALL = range(16, 97)
_NODES = {"quicklist": range(7_169, 8_193), "stream": range(4_000, 4_097)}


@dataclass(frozen=True, slots=True)
class Corrected:
    """Bytes as measured, and as another allocator would count them."""

    measured: float = 0.0
    likely: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def plus(self, other: Corrected, times: float = 1.0) -> Corrected:
        """The sum, with `other` counted `times` times."""
        return Corrected(
            self.measured + other.measured * times,
            self.likely + other.likely * times,
            self.low + other.low * times,
            self.high + other.high * times,
        )


def of_key(
    encoding: str, usage: int, name_bytes: int, layout: Layout, allocator: str, target: str = JEMALLOC_8
) -> Corrected:
    """One key that MEMORY USAGE finds `usage` bytes for under `allocator`, counted by `target`."""
    if layout.table == DICT:
        return _of_dict_key(encoding, usage, name_bytes, allocator, target)
    name = _OBJECT + 1 + _name(name_bytes)  # the object holds the name, and a short value too
    head = usable(name, allocator)
    if encoding in ("int", "embstr") or usage <= head:
        return _window(usage, allocator, target)
    with_expiry = usable(name + _EXPIRY, target)
    plain = usable(name, target)
    first = Corrected(head, (plain + with_expiry) / 2, plain, with_expiry)
    return first.plus(_value(encoding, usage - head, allocator, target))


def _of_dict_key(encoding: str, usage: int, name_bytes: int, allocator: str, target: str) -> Corrected:
    """An entry, the object, the name and the value, each for itself. The engine counts entries as asked for and not as handed
    out, so that what is handed out stands here on both sides."""
    entry = _exact(_ENTRY_IN_CLUSTER, allocator, target)
    name = _exact(_name(name_bytes), allocator, target)
    rest = max(usage - _ENTRY_IN_CLUSTER - round(name.measured), 0)
    found = entry.plus(name)
    if encoding == "embstr":
        return found.plus(_window(rest, allocator, target))
    value = max(rest - usable(_OBJECT, allocator), 0)
    found = found.plus(_exact(_OBJECT, allocator, target))
    return found.plus(_value(encoding, value, allocator, target)) if value else found


def _name(name_bytes: int) -> int:
    """A string with its header and the zero at its end."""
    return name_bytes + (2 if name_bytes < _SHORT else 4)


def _value(encoding: str, given_out: int, allocator: str, target: str) -> Corrected:
    if encoding in _ONE_PIECE:
        return _window(given_out, allocator, target)
    likely, low, high = _many(_NODES.get(encoding, _SMALL), allocator, target)
    return Corrected(given_out, given_out * likely, given_out * low, given_out * high)


def _exact(asked: int, allocator: str, target: str) -> Corrected:
    counted = usable(asked, target)
    return Corrected(usable(asked, allocator), counted, counted, counted)


@lru_cache(maxsize=1 << 14)
def _window(given_out: int, allocator: str, target: str) -> Corrected:
    """One allocation of which only the class is known."""
    counted = [usable(asked, target) for asked in _requests(given_out, allocator)]
    return Corrected(given_out, sum(counted) / len(counted), min(counted), max(counted))


def _requests(given_out: int, allocator: str) -> range:
    """Every request that this many bytes are handed out for."""
    low, high = 0, given_out  # the most that still gives less is sought between them
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if usable(middle, allocator) < given_out else (low, middle)
    return range(max(high, 1), max(given_out, 1) + 1)


@lru_cache(maxsize=64)
def _many(requests: range, allocator: str, target: str) -> tuple[float, float, float]:
    """Likely, least and most of target / measured over classes of many requests; a tenth at each end is left out."""
    ordered = sorted(usable(asked, target) / usable(asked, allocator) for asked in requests)
    tenth = len(ordered) // 10
    return sum(ordered) / len(ordered), ordered[tenth], ordered[-tenth - 1]


def known_allocator(allocator: str) -> bool:
    """Whether the sizes it hands out are known here."""
    return allocator == LIBC or allocator.startswith("jemalloc")
