"""Players against a server that takes everything and answers nothing: they end by themselves, whatever they had to send."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.replay import resp
from engine.replay.compiled.player import CompiledPlayer
from engine.replay.compiled.tables import ENTRIES
from engine.replay.plan import READ, PlanFacts, PlanFiles, PlanWriter
from engine.replay.player import Player
from engine.replay.task import Task

PATIENCE_NS = 300_000_000


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose connections are accepted by the kernel and read by nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def planned(folder: Path, units: int) -> PlanFiles:
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for _ in range(units):
        writer.append(resp.command([b"GET", b"key"]), due_ns=0, client=0, slot=12539, kind=0, role=READ)
    writer.flush()
    files.write_facts(PlanFacts(units, units, 1, 0, ("GET",), {}, None, None, None, 1.0, 0))
    return files


@pytest.mark.parametrize("depth", [None, 4])
@pytest.mark.parametrize("player", [Player, CompiledPlayer])
def test_a_server_that_never_answers_is_given_up_when_patience_ends(
    tmp_path: Path, deaf_port: int, player: type[Player] | type[CompiledPlayer], depth: int | None
) -> None:
    units = ENTRIES + 1000  # more than can be under way at a time
    files = planned(tmp_path, units)
    task = Task(str(files.folder), (deaf_port,), ((0, 16383),), "", depth, patience_ns=PATIENCE_NS)
    outcome = player(task).play()
    assert outcome.ok == 0 and outcome.unanswered > 0
    assert outcome.ended_ns > PATIENCE_NS
    if depth is not None:
        assert outcome.unanswered == depth


def test_a_lost_connection_ends_a_replay_with_the_reason_and_without_dropping_what_was_not_reached(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        files = planned(tmp_path, 10)
        task = Task(str(files.folder), (server.getsockname()[1],), ((0, 16383),), "", 2, patience_ns=PATIENCE_NS)
        player = CompiledPlayer(task)
        server.accept()[0].close()
        outcome = player.play()
    assert outcome.stopped == "Shard 0 closed a connection during the replay"
    assert outcome.ok == 0 and outcome.sent <= 2
