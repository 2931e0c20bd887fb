"""What in a recorded workload a managed cluster would refuse or treat differently (DESIGN §3, FACTS on MemoryDB).

Feed every operation to `Compatibility.see` in order; `findings` lists each rule that something broke, worst first.
Examples name a command and the family of a key, never a key.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from engine import commands
from engine.slots import SLOTS, key_slot
from engine.traces.families import family
from engine.traces.model import Flag, Operation

REFUSED, WARNING, NOTE = "refused", "warning", "note"
MEMORYDB, SERVERLESS, CLUSTER = "MemoryDB", "ElastiCache Serverless", "cluster mode"
HOT_SLOT_SHARE = 0.10  # of keyed operations in one slot of 16,384; a slot cannot be divided among shards
HOT_SLOT_OPERATIONS = 1000  # fewer say nothing

# Vendor documentation, as FACTS cites it.
_MEMORYDB_REFUSES = frozenset(
    ("BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "MIGRATE", "MODULE", "PSYNC", "REPLICAOF", "SAVE", "SHUTDOWN")
) | {"SLAVEOF", "SYNC"}
_MEMORYDB_REFUSES_SUBCOMMANDS = frozenset(
    ("ACL DELUSER", "ACL LOAD", "ACL SAVE", "ACL SETUSER", "CLUSTER ADDSLOTS", "CLUSTER DELSLOTS", "CLUSTER SETSLOT")
)
_SERVERLESS_REFUSES = frozenset(("MONITOR", "MEMORY USAGE"))
_SEVERITIES = (REFUSED, WARNING, NOTE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that `count` operations of the workload break on `target`; severity `refused`, `warning` or `note`."""

    target: str
    severity: str
    rule: str
    count: int
    example: str


class Compatibility:
    """Collects findings over a stream of operations; memory does not grow with the stream."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[int, str]] = {}
        self._by_command: dict[str, tuple[tuple[str, str, str], ...]] = {}
        self._slots = array("q", bytes(8 * SLOTS))
        self._hot_examples: dict[int, str] = {}
        self._transactions: dict[int, int | None] = {}  # connection -> its slot, None once it has crossed
        self._script_keys: dict[int, frozenset[bytes]] = {}

    def see(self, operation: Operation, keys: Sequence[bytes]) -> None:
        """Judge one operation; `keys` are all its keys."""
        for rule in self._command_rules(operation.cmd):
            self._add(rule, operation)
        if operation.flags & Flag.BLOCKING:
            self._add(_BLOCKING, operation)
        if keys:
            self._see_keys(operation, keys)
        self._see_script(operation, keys)
        if operation.cmd in ("MULTI", "EXEC", "DISCARD"):
            self._transactions.pop(operation.conn, None)

    def findings(self) -> tuple[Finding, ...]:
        """All findings, worst first, then the most frequent."""
        found = [Finding(*rule, count, example) for rule, (count, example) in self._found.items()]
        if hot := self._hot_slot():
            found.append(hot)
        found.sort(key=lambda finding: (_SEVERITIES.index(finding.severity), -finding.count, finding.rule))
        return tuple(found)

    def _see_keys(self, operation: Operation, keys: Sequence[bytes]) -> None:
        if operation.db:
            self._add(_DATABASE, operation)
        slot = key_slot(keys[0])
        self._slots[slot] += 1
        if len(keys) > 1 and any(key_slot(key) != slot for key in keys):
            self._add(_CROSSING, operation)
        if operation.flags & Flag.TRANSACTION and not operation.flags & Flag.LUA:
            self._see_transaction(operation, slot)

    def _see_transaction(self, operation: Operation, slot: int) -> None:
        """A transaction counts once, at the first key that leaves its slot."""
        first = self._transactions.setdefault(operation.conn, slot)
        if first is not None and first != slot:
            self._transactions[operation.conn] = None
            self._add(_CROSSING_TRANSACTION, operation)

    def _see_script(self, operation: Operation, keys: Sequence[bytes]) -> None:
        if operation.flags & Flag.LUA:
            declared = self._script_keys.get(operation.conn)
            if declared is not None and any(key not in declared for key in keys):
                self._add(_UNDECLARED, operation)
        elif operation.cmd in _SCRIPTS:
            self._script_keys[operation.conn] = frozenset(keys)
        else:
            self._script_keys.pop(operation.conn, None)

    def _command_rules(self, cmd: str) -> tuple[tuple[str, str, str], ...]:
        rules = self._by_command.get(cmd)
        if rules is None:
            rules = self._by_command[cmd] = tuple(_rules_of(cmd))
        return rules

    def _add(self, rule: tuple[str, str, str], operation: Operation) -> None:
        count, example = self._found.get(rule, (0, ""))
        self._found[rule] = (count + 1, example or example_of(operation))

    def _hot_slot(self) -> Finding | None:
        total = sum(self._slots)
        slot, count = max(enumerate(self._slots), key=lambda item: item[1])
        if total < HOT_SLOT_OPERATIONS or count < HOT_SLOT_SHARE * total:
            return None
        rule = (
            f"one slot takes {count / total:.0%} of the operations on keys, and a slot cannot be divided among shards"
        )
        return Finding(CLUSTER, WARNING, rule, count, f"slot {slot}")


def example_of(operation: Operation) -> str:
    """The command and the family of its first key."""
    return operation.cmd if operation.key is None else f"{operation.cmd} {family(operation.key)}"


def _rules_of(cmd: str) -> list[tuple[str, str, str]]:
    """The rules that a command breaks by its name alone."""
    rules = []
    if cmd.partition(" ")[0] in _MEMORYDB_REFUSES or cmd in _MEMORYDB_REFUSES_SUBCOMMANDS:
        rules.append((MEMORYDB, REFUSED, f"{cmd} is refused"))
    if cmd in _SERVERLESS_REFUSES:
        rules.append((SERVERLESS, REFUSED, f"{cmd} is refused"))
    command = commands.find(cmd)
    if command is None:
        rules.append(
            ("any", WARNING, "a command that the engines replayed on do not know (a module's, or a newer one)")
        )
    elif command.pubsub:
        rules.append(_PUBSUB)
    return rules


_SCRIPTS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
_DATABASE = (CLUSTER, REFUSED, "a database other than 0 is used; a cluster has database 0 only")
_CROSSING = (CLUSTER, REFUSED, "one command names keys of different slots (CROSSSLOT)")
_CROSSING_TRANSACTION = (CLUSTER, REFUSED, "one MULTI … EXEC uses keys of different slots (CROSSSLOT)")
_UNDECLARED = (CLUSTER, WARNING, "a script uses a key it was not given, which may live on another shard")
_BLOCKING = (CLUSTER, NOTE, "a command can block, so its client needs a connection of its own to the key's shard")
_PUBSUB = (CLUSTER, NOTE, "publish and subscribe: classic channels are sent to every node, sharded ones are not")
