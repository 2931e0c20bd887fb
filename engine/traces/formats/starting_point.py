"""Snapshots beside a recording: what they hold is what the replay of the recording starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.traces.block import Block, SizedBlock
from engine.traces.formats.reader import About, Reader


class StartingFrom:
    """Reads the snapshots first, then the traffic. All of it is about the traffic, with the snapshots' notes added."""

    def __init__(self, snapshots: Sequence[Reader], traffic: Reader | None) -> None:
        self._snapshots = snapshots
        self._traffic = traffic

    @property
    def about(self) -> About:
        return (self._traffic or self._snapshots[0]).about

    def blocks(self) -> Iterator[Block | SizedBlock]:
        """Population first. Raises InputError."""
        for snapshot in self._snapshots:
            yield from snapshot.blocks()
        if self._traffic is not None:
            yield from self._traffic.blocks()
        self._conclude()

    def _conclude(self) -> None:
        about = self.about
        for snapshot in self._snapshots:
            if snapshot.about is not about:
                about.skipped.update(snapshot.about.skipped)
                about.notes += snapshot.about.notes
                about.engine_version = about.engine_version or snapshot.about.engine_version
        about.keyspace = self._snapshots[0].about.keyspace if len(self._snapshots) == 1 else None
        if len(self._snapshots) > 1:
            about.notes += (
                f"The replay starts from {len(self._snapshots)} snapshots; their memory is not added up here.",
            )
