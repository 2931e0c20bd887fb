"""A first look over the whole recording: which keys stood there before it began, of which type and size, and which scripts
it calls. Memory grows with the number of distinct keys, not with the length of the recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1

from engine import commands, slots
from engine.replay import sized
from engine.replay.clients import Clients
from engine.replay.elements import elements
from engine.replay.stream_names import StreamNames
from engine.traces.families import family
from engine.traces.model import Flag, Operation

_TYPED_GROUPS = {
    "string": "string",
    "bitmap": "string",
    "hyperloglog": "hyperloglog",
    "hash": "hash",
    "list": "list",
    "set": "set",
    "sorted-set": "zset",
    "geo": "geo",
    "stream": "stream",
}
_NUMERIC = frozenset(["INCR", "DECR", "INCRBY", "DECRBY", "INCRBYFLOAT"])
_MEMBERS_KEPT = 64  # members of one key that a later read may name; more are not remembered


@dataclass(slots=True)
class Standing:
    """A key that was read before it was written: it must be there when the replay starts."""

    type: str | None = None
    numeric: bool = False
    size: int | None = None
    members: dict[bytes, int | None] = field(default_factory=dict)


@dataclass(slots=True)
class FamilySizes:
    """What writes to a family of keys show of its sizes and times to live."""

    payload_bytes: int = 0
    payloads: int = 0
    ttl_ms: int = 0
    ttls: int = 0

    def add(self, sizes: Iterable[int]) -> None:
        """Count payloads of these sizes."""
        for size in sizes:
            self.payload_bytes += size
            self.payloads += 1

    @property
    def mean_payload(self) -> int | None:
        """Mean bytes of a value or element, None when none was written."""
        return round(self.payload_bytes / self.payloads) if self.payloads else None

    @property
    def mean_ttl_ms(self) -> int | None:
        """Mean time to live, None unless most writes set one."""
        return round(self.ttl_ms / self.ttls) if self.ttls * 2 > self.payloads else None


@dataclass(slots=True)
class Survey:
    """What one pass over the operations found. `payload_bytes` is what all writes carry: an upper bound for the data.
    `populated`: keys the recording starts from, made by operations at its beginning."""

    standing: dict[bytes, Standing] = field(default_factory=dict)
    families: dict[tuple[str, str], FamilySizes] = field(default_factory=dict)
    scripts: dict[str, bytes] = field(default_factory=dict)
    functions: list[tuple[bytes, ...]] = field(default_factory=list)
    slot_operations: Counter[int] = field(default_factory=Counter)
    hottest_key_operations: int = 0
    keyed_operations: int = 0
    payload_bytes: int = 0
    keys: int = 0
    populated: int = 0
    counted: set[bytes] = field(default_factory=set)  # of a sized recording: keys it counts up or down
    clients: Clients = field(default_factory=Clients)
    streams: StreamNames = field(default_factory=StreamNames)
    _key_operations: Counter[bytes] = field(default_factory=Counter)
    _seen: set[bytes] = field(default_factory=set)

    def populate(self, operation: Operation) -> None:
        """Take in an operation that makes the keyspace the recording starts from: its key stands there, with these sizes,
        and none of it is traffic. Before anything is looked at."""
        command = commands.find(operation.cmd)
        if operation.key is None or command is None:
            return
        self.streams.populate(operation)
        self._seen.add(operation.key)
        self.populated = len(self._seen)
        kind = _TYPED_GROUPS.get(command.group)
        if kind is not None and operation.flags & Flag.WRITE:
            self._size_of_write(operation, kind, operation.key)

    def look_at(self, operation: Operation) -> None:
        """Take in one operation, in recorded order."""
        sizes_only = operation.args is None
        answered = operation.reply_len if sizes_only else None  # bytes of the value that was read
        operation = sized.spoken(operation)
        args = operation.args
        if args is None:
            return
        if sizes_only and operation.key is not None and operation.cmd in sized.COUNTING:
            self.counted.add(operation.key)
        self._remember_scripts(operation.cmd, args)
        self.clients.look_at(operation)
        self.streams.look_at(operation)
        command = commands.find(operation.cmd)
        if command is None or command.group == "scripting":
            return
        for place in commands.key_indexes(operation.cmd, args):
            self._look_at_key(operation, command, args[place], answered)

    def close(self) -> None:
        """Forget what only the pass itself needed."""
        self.keys = len(self._seen)
        if self._key_operations:
            self.hottest_key_operations = self._key_operations.most_common(1)[0][1]
        self._seen = set()
        self._key_operations = Counter()

    def _remember_scripts(self, cmd: str, args: tuple[bytes, ...]) -> None:
        if cmd in ("EVAL", "EVAL_RO", "SCRIPT LOAD") and args:
            self.scripts[sha1(args[0], usedforsecurity=False).hexdigest()] = args[0]
        elif cmd == "FUNCTION LOAD":
            self.functions.append(args)

    def _look_at_key(self, operation: Operation, command: commands.Command, key: bytes, answered: int | None) -> None:
        self.slot_operations[slots.key_slot(key)] += 1
        self._key_operations[key] += 1
        self.keyed_operations += 1
        kind = _TYPED_GROUPS.get(command.group)
        if key not in self._seen and not (command.readonly and answered == 0):  # answered nothing: it was not there
            self._seen.add(key)
            if command.readonly:
                self.standing[key] = _standing(kind, answered)
            elif key in self.counted:  # a counter of which only the size is known, counted before it was set
                self.standing[key] = Standing("string", numeric=True, size=operation.value_len or None)
        standing = self.standing.get(key)
        if standing is not None and kind is not None:
            _learn(standing, operation, kind)
        if kind is not None and operation.flags & Flag.WRITE:
            self._size_of_write(operation, kind, key)

    def _size_of_write(self, operation: Operation, kind: str, key: bytes) -> None:
        sizes = self.families.setdefault((family(key), kind), FamilySizes())
        named = elements(operation.cmd, operation.args or ())
        if kind == "string":
            if operation.cmd not in _NUMERIC and operation.value_len is not None:
                sizes.add([operation.value_len])
        else:
            sizes.add(len(member) if size is None else size for member, size in named)
        self.payload_bytes += len(key) + (operation.value_len or 0)
        if operation.ttl_ms is not None:
            sizes.ttl_ms += operation.ttl_ms
            sizes.ttls += 1


def _standing(kind: str | None, answered: int | None) -> Standing:
    """A key whose first read was answered so many bytes, None when that is not recorded."""
    if kind == "hash" and answered is not None:
        return Standing(members={sized.FIELD: answered})
    return Standing(size=answered)


def _learn(standing: Standing, operation: Operation, kind: str) -> None:
    standing.type = standing.type or kind
    if operation.cmd in _NUMERIC:
        standing.numeric = True
    if standing.type == "string" and standing.size is None and operation.flags & Flag.WRITE:
        standing.size = operation.value_len
    for member, size in elements(operation.cmd, operation.args or ()):
        if len(standing.members) < _MEMBERS_KEPT or member in standing.members:
            standing.members[member] = standing.members.get(member) or size
