"""Counting by group of clients (address or name): what each does. Groups beyond the list are summed in its last line."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from engine.traces.model import Flag, TraceHeader
from engine.traces.profiling.key_hashing import I64
from engine.traces.profiling.model import ClientGroup
from engine.traces.profiling.scanning import Batch, Mask

GROUPS_LISTED = 20
COMMANDS_LISTED = 10
OTHERS, NOT_TOLD_APART = "(other clients)", "(not told apart)"


class ClientGroups:
    """Which group each connection belongs to; connections the header does not place are in the last one."""

    def __init__(self, header: TraceHeader) -> None:
        of_connection = np.array(header.group_of, np.int64)
        self.names = (*header.groups, NOT_TOLD_APART)
        self._of = np.append(of_connection, len(header.groups))
        self.connections = Counter(of_connection.tolist())
        if beyond := max(header.connections - len(of_connection), 0):
            self.connections[len(header.groups)] = beyond

    def of(self, connections: I64) -> I64:
        """The group of each connection; a negative one is nobody's."""
        last = len(self._of) - 1
        places = np.where((connections < 0) | (connections > last), last, connections)
        groups: I64 = np.clip(self._of[places], 0, len(self.names) - 1)
        return groups


class GroupTally:
    """Feed it batches; nothing is counted when the format tells no groups."""

    def __init__(self, header: TraceHeader) -> None:
        self._groups = ClientGroups(header) if header.groups else None
        self._counts: dict[int, Counter[int]] = defaultdict(Counter)
        self._reads: Counter[int] = Counter()
        self._writes: Counter[int] = Counter()

    def see(self, batch: Batch, reads: Mask) -> None:
        """Count a batch."""
        if self._groups is None:
            return
        groups = self._groups.of(batch.conn)
        pairs, counts = np.unique(groups << 32 | batch.cmd, return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            self._counts[pair >> 32][pair & 0xFFFFFFFF] += count
        for tally, mask in ((self._reads, reads), (self._writes, batch.flagged(Flag.WRITE))):
            values, times = np.unique(groups[mask], return_counts=True)
            tally.update(dict(zip(values.tolist(), times.tolist(), strict=True)))

    def result(self, names: list[str], writes_only: bool) -> tuple[ClientGroup, ...]:
        """The busiest groups and the sum of the others."""
        if self._groups is None:
            return ()
        titles = self._groups.names
        order = sorted(self._counts, key=lambda at: (-self._counts[at].total(), titles[at]))
        listed = [self._group(at, [at], names, writes_only) for at in order[:GROUPS_LISTED]]
        rest = order[GROUPS_LISTED:]
        return (*listed, self._group(None, rest, names, writes_only)) if rest else tuple(listed)

    def _group(self, name: int | None, members: list[int], names: list[str], writes_only: bool) -> ClientGroup:
        assert self._groups is not None
        total = sum((self._counts[at] for at in members), Counter[int]())
        return ClientGroup(
            group=OTHERS if name is None else self._groups.names[name],
            connections=sum(self._groups.connections[at] for at in members),
            operations=total.total(),
            reads=None if writes_only else sum(self._reads[at] for at in members),
            writes=sum(self._writes[at] for at in members),
            commands={names[cmd]: count for cmd, count in total.most_common(COMMANDS_LISTED)},
        )
