"""From the words of a recorded command to a stored row: name, key, sizes, time to live, flags.

Shared by every format that records full commands. What is worth knowing per command is looked up once per spelling, so
that a line costs little. Passwords (AUTH, HELLO … AUTH) are never stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine import commands, expiry
from engine.traces.model import Flag
from engine.traces.payload import Rule, rule_of
from engine.traces.store import Row

REDACTED = b"(redacted)"
SCRIPT_COMMANDS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
_LUA, _TRANSACTION, _BLOCKING = int(Flag.LUA), int(Flag.TRANSACTION), int(Flag.BLOCKING)
_BLOCKS_ON_REQUEST = frozenset(("XREAD", "XREADGROUP"))
_TRANSACTION_COMMANDS = frozenset(("MULTI", "EXEC", "DISCARD"))
_LEAVES_TRANSACTION = frozenset(("QUIT", "RESET"))
_SECRETS = frozenset(("AUTH", "HELLO"))
_SPECIAL = _SECRETS | _BLOCKS_ON_REQUEST | _TRANSACTION_COMMANDS | _LEAVES_TRANSACTION
_MOST_PLANS = 100_000  # unknown spellings remembered; a hostile input could have any number


@dataclass(slots=True)
class _Plan:
    """What to do with one spelling of a command, and how often it was met."""

    name: str
    words: int
    key_place: int | None
    movable_keys: bool
    payload: Rule | None
    has_ttl: bool
    flags: int
    special: bool  # secrets, transactions, blocking on request
    script: bool
    data_path: bool
    seen: int = 0


class Annotator:
    """Turns words into rows; remembers which connections are inside a transaction.

    `script_conn` is the connection of the last script call, the parent of lua lines.
    """

    def __init__(self) -> None:
        self.script_conn: int | None = None
        self._plans: dict[bytes | tuple[bytes, bytes], _Plan] = {}
        self._in_transaction: set[int] = set()

    @property
    def commands_seen(self) -> Counter[str]:
        """Operations by canonical name."""
        counts: Counter[str] = Counter()
        for plan in self._plans.values():
            counts[plan.name] += plan.seen
        return counts

    @property
    def data_operations(self) -> int:
        """Operations that work on keys or messages."""
        return sum(plan.seen for plan in self._plans.values() if plan.data_path)

    def row(self, t_us: int, conn: int, db: int, words: Sequence[bytes], now_us: int, *, lua: bool = False) -> Row:
        """The row of one command; `now_us` is its Unix time, for absolute times to live."""
        plan = self._plans.get(words[0]) or self._plan(words)
        args = tuple(words[plan.words :])
        flags = plan.flags
        plan.seen += 1
        if lua:
            flags |= _LUA
        elif plan.script:
            self.script_conn = conn
        if conn in self._in_transaction:
            flags |= _TRANSACTION
        if plan.special:
            args, flags = self._special(plan.name, conn, args, flags)
        place = plan.key_place
        if place is not None:
            key = args[place] if place < len(args) else None
        else:
            key = _first_key(plan.name, args) if plan.movable_keys else None
        return (
            t_us,
            conn,
            db,
            plan.name,
            key,
            args,
            None if key is None else len(key),
            plan.payload(args) if plan.payload else 0,
            None,
            expiry.relative_ttl_ms(plan.name, args, now_us // 1000) if plan.has_ttl and len(args) > 1 else None,
            flags,
        )

    def _plan(self, words: Sequence[bytes]) -> _Plan:
        """The plan of words not met yet; a container's is remembered with its subcommand."""
        name, args = commands.split(words[:2])
        spelling: bytes | tuple[bytes, bytes] = words[0]
        if commands.is_container(commands.canonical(words[0])):
            spelling = (words[0], words[1] if len(words) > 1 else b"")
        plan = self._plans.get(spelling)
        if plan is None:
            plan = _make_plan(name, len(words[:2]) - len(args))
            if plan.data_path or len(self._plans) < _MOST_PLANS:
                self._plans[spelling] = plan
        return plan

    def _special(self, name: str, conn: int, args: tuple[bytes, ...], flags: int) -> tuple[tuple[bytes, ...], int]:
        if name in _SECRETS:
            return _without_secrets(name, args), flags
        if name in _BLOCKS_ON_REQUEST:
            blocks = any(arg.upper() == b"BLOCK" for arg in args[:8])
            return args, flags | _BLOCKING if blocks else flags
        if name == "MULTI":
            self._in_transaction.add(conn)
        else:
            self._in_transaction.discard(conn)
        return args, flags | _TRANSACTION if name in _TRANSACTION_COMMANDS else flags


def _first_key(name: str, args: tuple[bytes, ...]) -> bytes | None:
    places = commands.key_indexes(name, args)
    return args[places[0]] if places else None


def _without_secrets(name: str, args: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if name == "AUTH":
        return tuple(REDACTED for _ in args)
    upper = [arg.upper() for arg in args]
    if b"AUTH" not in upper:
        return args
    place = upper.index(b"AUTH")
    return (*args[: place + 1], *(REDACTED for _ in args[place + 1 : place + 3]), *args[place + 3 :])


def _make_plan(name: str, words: int) -> _Plan:
    command = commands.find(name)
    flags = Flag.WRITE if command and command.write else Flag(0)
    if command and command.blocking and name not in _BLOCKS_ON_REQUEST:
        flags |= Flag.BLOCKING
    return _Plan(
        name=name,
        words=words,
        key_place=commands.only_key(name),
        movable_keys=bool(command and command.key_specs),
        payload=rule_of(name),
        has_ttl=expiry.has_ttl_rule(name),
        flags=int(flags),
        special=name in _SPECIAL,
        script=name in SCRIPT_COMMANDS,
        data_path=bool(command and command.data_path),
    )
