"""From a recorded operation stream to a plan: what is sent, in which piece, when it is due, and what is left out and why.

Transactions are gathered into one unit, due when EXEC was recorded. The lines a script ran are left out because the script
is replayed; where the recording never shows the script (EVALSHA of an unknown hash), its lines are replayed instead.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from engine import commands, expiry, slots
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay import resp, scripts, sized, subscriptions, watched
from engine.replay.patches import PatchWriter
from engine.replay.pipelines import Pipelines
from engine.replay.plan import (
    BLOCKING,
    NO_SLOT,
    NORMAL,
    ORDERED,
    OTHER,
    READ,
    SUBSCRIBED,
    WATCHING,
    WRITE,
    PlanFacts,
    PlanFiles,
    PlanWriter,
)
from engine.replay.stream_ids import StreamIds
from engine.replay.survey import Survey
from engine.traces.model import Flag, Operation, TraceHeader

_REPORT_EVERY = 1 << 14
_EXTRA_DATA_PATH = frozenset(["PING", "ECHO", "DBSIZE", "TIME"]) | {"MEMORY USAGE"}
_NOT_DATA_PATH = frozenset(["MOVE", "MIGRATE", "WAIT", "WAITAOF", "SWAPDB"]) | {"SCRIPT KILL", "FUNCTION KILL"}
_WATCH = frozenset(["WATCH", "UNWATCH"])
_OTHER_BASE_MS = 86_400_000  # a second replay start, a day off, shows which arguments are Unix times
_DEADLINE_WINDOW_NS = (
    8_000_000_000  # expiries this long after the end still matter to the choice of when to read offsets
)


@dataclass(frozen=True, slots=True)
class _Item:
    """One command ready to be placed: its words and what is known of it."""

    cmd: str
    args: tuple[bytes, ...]
    slot: int
    role: int
    operation: Operation


@dataclass(slots=True)
class _Transaction:
    items: list[_Item] = field(default_factory=list)
    recorded: int = 1  # the MULTI itself
    refused: str | None = None


@dataclass(slots=True)
class Encoder:
    """Writes a plan from operations given in recorded order."""

    header: TraceHeader
    survey: Survey
    writer: PlanWriter
    speed: float
    written_for_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    not_replayed: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, int] = field(default_factory=dict)
    patches: PatchWriter = field(init=False)
    deadlines_ms: set[int] = field(default_factory=set)  # near the end only
    folded: int = 0
    operations: int = 0
    _open: dict[int, _Transaction] = field(default_factory=dict)
    _held: tuple[_Item, list[Operation]] | None = None  # a script call, and the lines it ran
    duration_ns: int = field(init=False)
    _last_due_ns: int = 0
    pipelines: Pipelines = field(init=False)
    stream_ids: StreamIds = field(init=False)
    subscriptions: subscriptions.Subscriptions = field(default_factory=subscriptions.Subscriptions)
    watched: watched.Watched = field(default_factory=watched.Watched)
    own_clients: set[int] = field(default_factory=set)
    _alone: frozenset[int] = field(init=False)
    _shown: scripts.Shown = field(init=False)

    def __post_init__(self) -> None:
        self.patches = PatchWriter(self.writer.files.patches)
        self.duration_ns = round(self.header.duration_us * 1000 / self.speed)
        self.pipelines = Pipelines(self.header.clock_resolution_us)
        start_us = self.header.first_wall_clock_us
        self.stream_ids = StreamIds(self.survey.streams, start_us, self.header.clock_resolution_us)
        self._alone = self.survey.clients.watching_alone()
        self._shown = scripts.Shown(self.header.format, self.survey.scripts)

    def encode(self, operation: Operation) -> None:
        """Take the next operation."""
        self.operations += 1
        if operation.flags & Flag.LUA:
            self._script_line(operation)
            return
        self._release_script()
        self._shown.look_at(operation.cmd, operation.args)
        if operation.cmd in ("MULTI", "EXEC", "DISCARD"):
            self._transaction_edge(operation)
            return
        item = self._item(operation)
        transaction = self._open.get(operation.conn)
        if transaction is not None:
            transaction.recorded += 1
            if not isinstance(item, str) and (item.cmd in subscriptions.COMMANDS or item.cmd in _WATCH):
                item = "transaction with a command that is refused inside one"
            if isinstance(item, str):
                transaction.refused = transaction.refused or item
            else:
                transaction.items.append(item)
        elif isinstance(item, str):
            self.not_replayed[item] += 1
        elif item.cmd in scripts.CALLS:
            self._held = (item, [])
        elif item.cmd in subscriptions.COMMANDS:
            self._place_subscription(item)
        elif item.cmd in _WATCH:
            self._place_watch(item)
        else:
            self._place(item)

    def close(self) -> None:
        """Place what is still held back and count transactions the recording never finished."""
        self._release_script()
        for transaction in self._open.values():
            self.not_replayed["transaction without EXEC"] += transaction.recorded
        self._open.clear()
        self.writer.flush()
        self.patches.flush()

    # -- which operations are replayed ------------------------------------------------------------------------------

    def _item(self, operation: Operation) -> _Item | str:
        """The command to send, or why there is none."""
        operation = sized.spoken(operation, self.survey.counted)
        command = commands.find(operation.cmd)
        if command is None:
            return "unknown command"
        if operation.args is None:
            return "arguments not recorded"
        if (reason := scripts.why_left_out(operation.cmd)) is not None:
            return reason
        if operation.cmd in _WATCH and operation.conn not in self._alone:
            return watched.TOO_MANY
        allowed = command.data_path and operation.cmd not in _NOT_DATA_PATH
        if not allowed and operation.cmd not in _EXTRA_DATA_PATH | _WATCH:
            return "administration or connection command"
        keys = commands.key_indexes(operation.cmd, operation.args)
        touched = {slots.key_slot(operation.args[place]) for place in keys}
        if len(touched) > 1:
            return "keys in different slots"
        self.folded += operation.db != 0
        slot = touched.pop() if touched else NO_SLOT
        if operation.cmd == "SPUBLISH" and operation.args:  # a channel is no key, and lies in a slot all the same
            slot = slots.key_slot(operation.args[0])
        return _Item(operation.cmd, operation.args, slot, _role(command), operation)

    # -- scripts ----------------------------------------------------------------------------------------------------

    def _script_line(self, operation: Operation) -> None:
        if self._held is not None:
            self._held[1].append(operation)
        else:
            self.not_replayed["run inside a script or transaction that is replayed"] += 1

    def _release_script(self) -> None:
        if self._held is None:
            return
        item, lines = self._held
        self._held = None
        if self._shown.was_refused(item.cmd, item.args, len(lines)):
            self.not_replayed[scripts.REFUSED] += 1
            return
        unknown = item.cmd in scripts.BY_HASH and scripts.hash_of(item.args) not in self.survey.scripts
        if unknown:
            self.not_replayed["script whose body the recording never shows (its commands are replayed)"] += 1
            for line in lines:
                replayed = self._item(line)
                if isinstance(replayed, str):
                    self.not_replayed[replayed] += 1
                else:
                    self._place(replayed)
            return
        self.not_replayed["run inside a script or transaction that is replayed"] += len(lines)
        self._place(self._routed_by_its_lines(item, lines))

    def _routed_by_its_lines(self, item: _Item, lines: Iterable[Operation]) -> _Item:
        """A script that declares no key but used one must be sent to that key's shard."""
        used = (key for line in lines for key in commands.key_values(line.cmd, line.args or ()))
        first = next(used, None) if item.slot == NO_SLOT else None
        return item if first is None else _Item(item.cmd, item.args, slots.key_slot(first), item.role, item.operation)

    # -- transactions -----------------------------------------------------------------------------------------------

    def _transaction_edge(self, operation: Operation) -> None:
        if operation.cmd == "MULTI":
            self._open[operation.conn] = _Transaction()
            return
        transaction = self._open.pop(operation.conn, None)
        if transaction is None:
            self.not_replayed[f"{operation.cmd} whose MULTI was not recorded"] += 1
            return
        transaction.recorded += 1
        reason = "transaction that was discarded" if operation.cmd == "DISCARD" else transaction.refused
        touched = {item.slot for item in transaction.items if item.slot != NO_SLOT}
        if reason is None and len(touched) > 1:
            reason = "keys in different slots"
        if reason is None:
            self._place_transaction(operation, transaction, touched.pop() if touched else NO_SLOT)
        else:
            self.not_replayed[reason] += transaction.recorded
            self._let_go(operation)

    def _place_transaction(self, operation: Operation, transaction: _Transaction, slot: int) -> None:
        start = self.writer.position
        due_ns = self._due_ns(operation)
        pieces = [resp.command([b"MULTI"])]
        for item in transaction.items:
            pieces.append(self._encoded(item, start + sum(map(len, pieces)), due_ns))
        pieces.append(resp.command([b"EXEC"]))
        self.writer.append(
            b"".join(pieces),
            due_ns=due_ns,
            client=operation.conn,
            slot=slot,
            kind=self._kind("MULTI"),
            role=max((item.role for item in transaction.items), default=OTHER),
            replies=len(transaction.items) + 2,
            operations=transaction.recorded,
            lane=self._lane(operation.conn),
        )
        self._let_go(operation, slot)

    # -- connections of their own ------------------------------------------------------------------------------------

    def _place_watch(self, item: _Item) -> None:
        if item.cmd == "UNWATCH":
            self._let_go(item.operation, recorded=1)
        else:
            self.watched.watch(item.operation.conn, item.slot)
            self._place(item)

    def _let_go(self, operation: Operation, executed: int | None = None, recorded: int = 0) -> None:
        """Tell the shards of what is still watched; UNWATCH stands in the place of `recorded` operations, if only once."""
        places = self.watched.let_go(operation.conn, executed) or ((NO_SLOT,) if recorded else ())
        for slot in places:
            self._append(
                _Item("UNWATCH", (), slot, ORDERED if slot != NO_SLOT else OTHER, operation), operations=recorded
            )
            recorded = 0

    def _place_subscription(self, item: _Item) -> None:
        pieces = self.subscriptions.pieces(item.operation.conn, item.cmd, item.args)
        if isinstance(pieces, str):
            self.not_replayed[pieces] += 1
            return
        for number, piece in enumerate(pieces):  # one command may be one to each of several shards
            part = _Item(item.cmd, piece.args, piece.slot, OTHER, item.operation)
            self._append(part, lane=SUBSCRIBED, replies=piece.replies, operations=int(number == 0))

    def _lane(self, client: int) -> int:
        return WATCHING if client in self._alone else NORMAL

    # -- placing ----------------------------------------------------------------------------------------------------

    def _place(self, item: _Item) -> None:
        self._append(item, lane=BLOCKING if _may_block(item) else None)

    def _append(self, item: _Item, *, lane: int | None = None, replies: int = 1, operations: int = 1) -> None:
        due_ns = self._due_ns(item.operation)
        lane = self._lane(item.operation.conn) if lane is None else lane
        if lane != NORMAL:
            self.own_clients.add(item.operation.conn)
        self.writer.append(
            self._encoded(item, self.writer.position, due_ns),
            due_ns=due_ns,
            client=item.operation.conn,
            slot=item.slot,
            kind=self._kind(item.cmd),
            role=item.role,
            replies=replies,
            operations=operations,
            lane=lane,
        )

    def _due_ns(self, operation: Operation) -> int:
        if self.pipelines.joins(operation):
            return self._last_due_ns
        # A held script or a clamped time stamp must not make the plan run backwards.
        self._last_due_ns = max(self._last_due_ns, round(operation.t_us * 1000 / self.speed))
        return self._last_due_ns

    def _encoded(self, item: _Item, start: int, due_ns: int) -> bytes:
        if item.cmd == "XADD":
            return resp.command([b"XADD", *self.stream_ids.named(item.args, item.operation.t_us)])
        if not expiry.has_ttl_rule(item.cmd):
            return resp.command(resp.words_of(item.cmd, item.args))
        args = self._rescaled(item, self.written_for_ms)
        words = resp.words_of(item.cmd, args)
        shifted = self._rescaled(item, self.written_for_ms + _OTHER_BASE_MS)
        for place, (here, there) in enumerate(zip(args, shifted, strict=True)):
            if here != there:
                self._add_patch(words, len(words) - len(args) + place, start, int(there) - int(here))
        ttl_ms = expiry.relative_ttl_ms(item.cmd, args, self.written_for_ms + due_ns // 1_000_000)
        if ttl_ms is not None:
            self._note_deadline(due_ns + ttl_ms * 1_000_000)
        return resp.command(words)

    def _note_deadline(self, at_ns: int) -> None:
        if self.duration_ns <= at_ns <= self.duration_ns + _DEADLINE_WINDOW_NS:
            self.deadlines_ms.add(at_ns // 1_000_000)

    def _rescaled(self, item: _Item, replay_start_ms: int) -> tuple[bytes, ...]:
        recorded_start_ms = (self.header.first_wall_clock_us or 0) // 1000
        return expiry.rescaled(
            item.cmd,
            item.args,
            speed=self.speed,
            recorded_start_ms=recorded_start_ms,
            replay_start_ms=replay_start_ms,
        )

    def _add_patch(self, words: list[bytes], place: int, start: int, difference: int) -> None:
        ahead = len(b"*%d\r\n" % len(words)) + sum(
            len(b"$%d\r\n" % len(word)) + len(word) + 2 for word in words[:place]
        )
        at = start + ahead + len(b"$%d\r\n" % len(words[place]))
        unit_ms = _OTHER_BASE_MS // difference
        self.patches.append(start=at, value=int(words[place]), unit_ms=unit_ms, digits=len(words[place]))

    def _kind(self, cmd: str) -> int:
        return self.kinds.setdefault(cmd, len(self.kinds))


def compile_plan(
    operations: Iterable[Operation],
    header: TraceHeader,
    survey: Survey,
    files: PlanFiles,
    *,
    speed: float,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> PlanFacts:
    """Write the plan of a recording into `files` and answer its facts. One streaming pass."""
    encoder = Encoder(header, survey, PlanWriter(files), speed)
    for count, operation in enumerate(operations):
        if count % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            report(Progress("plan", count, header.operations, "operations"))
        encoder.encode(operation)
    encoder.close()
    np.save(files.deadlines, 1_000_000 * np.array(sorted(encoder.deadlines_ms), dtype=np.int64))
    facts = _facts(encoder, header, survey, encoder.duration_ns, speed)
    files.write_facts(facts)
    return facts


def _facts(encoder: Encoder, header: TraceHeader, survey: Survey, duration_ns: int, speed: float) -> PlanFacts:
    hottest = survey.slot_operations.most_common(1)
    keyed = survey.keyed_operations
    notes = []
    if encoder.folded:
        notes.append(f"{encoder.folded:,} operations of databases other than 0 were replayed in database 0.")
    notes += (*encoder.pipelines.note(), *encoder.stream_ids.note())
    if encoder.watched.count:
        notes.append(watched.ABORTS_UNKNOWN.format(count=encoder.watched.count))
    return PlanFacts(
        units=encoder.writer.units,
        operations=encoder.operations,
        clients=header.connections,
        duration_ns=duration_ns,
        kinds=tuple(encoder.kinds),
        not_replayed=dict(encoder.not_replayed),
        hottest_slot=hottest[0][0] if hottest else None,
        hottest_slot_share=hottest[0][1] / keyed if hottest else None,
        hottest_key_share=survey.hottest_key_operations / keyed if keyed else None,
        speed=speed,
        written_for_ms=encoder.written_for_ms,
        notes=tuple(notes),
        resp3_shared=survey.clients.resp3_shared(header.connections),
        resp3_own=survey.clients.resp3_of(encoder.own_clients),
    )


def _role(command: commands.Command) -> int:
    if command.name == "WATCH":
        return ORDERED
    if command.write or (command.group == "scripting" and not command.name.endswith("_RO")):
        return WRITE
    return READ if command.readonly or command.group == "scripting" else OTHER


def _may_block(item: _Item) -> bool:
    command = commands.find(item.cmd)
    if command is None or not command.blocking:
        return False
    if item.cmd in ("XREAD", "XREADGROUP"):
        return any(arg.upper() == b"BLOCK" for arg in item.args)
    return True
