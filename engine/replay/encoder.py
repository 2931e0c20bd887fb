"""From a recorded operation stream to the units of a plan: what is sent in which piece, over which lane and when it is due.

Transactions are gathered into one unit, due when EXEC was recorded. The lines a script ran are left out because the script
is replayed; where the recording never shows the script (EVALSHA of an unknown hash), its lines are replayed instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine import commands, slots
from engine.replay import resp, scripts, subscriptions, watched
from engine.replay.patches import PatchWriter
from engine.replay.pipelines import Pipelines
from engine.replay.plan import BLOCKING, NO_SLOT, NORMAL, ORDERED, OTHER, SUBSCRIBED, WATCHING, PlanWriter
from engine.replay.selecting import KEYS_APART, Item, Selection, may_block
from engine.replay.stream_ids import StreamIds
from engine.replay.survey import Survey
from engine.replay.wording import Wording
from engine.traces.model import Flag, Operation, TraceHeader


@dataclass(slots=True)
class _Transaction:
    items: list[Item] = field(default_factory=list)
    recorded: int = 1  # the MULTI itself
    refused: str | None = None


@dataclass(slots=True)
class Encoder:
    """Writes a plan from operations given in recorded order."""

    header: TraceHeader
    survey: Survey
    writer: PlanWriter
    speed: float
    not_replayed: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, int] = field(default_factory=dict)
    operations: int = 0
    duration_ns: int = field(init=False)
    pipelines: Pipelines = field(init=False)
    selection: Selection = field(init=False)
    wording: Wording = field(init=False)
    subscriptions: subscriptions.Subscriptions = field(default_factory=subscriptions.Subscriptions)
    watched: watched.Watched = field(default_factory=watched.Watched)
    own_clients: set[int] = field(default_factory=set)
    _open: dict[int, _Transaction] = field(default_factory=dict)
    _held: tuple[Item, list[Operation]] | None = None  # a script call, and the lines it ran
    _last_due_ns: int = 0
    _shown: scripts.Shown = field(init=False)

    def __post_init__(self) -> None:
        self.duration_ns = round(self.header.duration_us * 1000 / self.speed)
        self.pipelines = Pipelines(self.header.clock_resolution_us)
        self.selection = Selection(self.survey.counted, self.survey.clients.watching_alone())
        self.wording = self._wording()
        self._shown = scripts.Shown(self.header.format, self.survey.scripts)

    def _wording(self) -> Wording:
        start_us = self.header.first_wall_clock_us
        patches = PatchWriter(self.writer.files.patches)
        stream_ids = StreamIds(self.survey.streams, start_us, self.header.clock_resolution_us)
        return Wording(self.speed, (start_us or 0) // 1000, self.duration_ns, patches, stream_ids)

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
        item = self.selection.item(operation)
        transaction = self._open.get(operation.conn)
        if transaction is not None:
            transaction.recorded += 1
            if not isinstance(item, str) and (item.cmd in subscriptions.COMMANDS or item.cmd in watched.COMMANDS):
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
        elif item.cmd in watched.COMMANDS:
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
        self.wording.patches.flush()

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
                replayed = self.selection.item(line)
                if isinstance(replayed, str):
                    self.not_replayed[replayed] += 1
                else:
                    self._place(replayed)
            return
        self.not_replayed["run inside a script or transaction that is replayed"] += len(lines)
        self._place(self._routed_by_its_lines(item, lines))

    def _routed_by_its_lines(self, item: Item, lines: Iterable[Operation]) -> Item:
        """A script that declares no key but used one must be sent to that key's shard."""
        used = (key for line in lines for key in commands.key_values(line.cmd, line.args or ()))
        first = next(used, None) if item.slot == NO_SLOT else None
        return item if first is None else Item(item.cmd, item.args, slots.key_slot(first), item.role, item.operation)

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
            reason = KEYS_APART
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
            pieces.append(self.wording.encoded(item, start + sum(map(len, pieces)), due_ns))
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

    def _place_watch(self, item: Item) -> None:
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
                Item("UNWATCH", (), slot, ORDERED if slot != NO_SLOT else OTHER, operation), operations=recorded
            )
            recorded = 0

    def _place_subscription(self, item: Item) -> None:
        pieces = self.subscriptions.pieces(item.operation.conn, item.cmd, item.args)
        if isinstance(pieces, str):
            self.not_replayed[pieces] += 1
            return
        for number, piece in enumerate(pieces):  # one command may be one to each of several shards
            part = Item(item.cmd, piece.args, piece.slot, OTHER, item.operation)
            self._append(part, lane=SUBSCRIBED, replies=piece.replies, operations=int(number == 0))

    def _lane(self, client: int) -> int:
        return WATCHING if client in self.selection.alone else NORMAL

    # -- placing ----------------------------------------------------------------------------------------------------

    def _place(self, item: Item) -> None:
        self._append(item, lane=BLOCKING if may_block(item) else None)

    def _append(self, item: Item, *, lane: int | None = None, replies: int = 1, operations: int = 1) -> None:
        due_ns = self._due_ns(item.operation)
        lane = self._lane(item.operation.conn) if lane is None else lane
        if lane != NORMAL:
            self.own_clients.add(item.operation.conn)
        self.writer.append(
            self.wording.encoded(item, self.writer.position, due_ns),
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

    def _kind(self, cmd: str) -> int:
        return self.kinds.setdefault(cmd, len(self.kinds))
