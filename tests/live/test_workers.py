"""Worker processes that join over TCP play what one player would, and a run names the one that is lost."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engine.__main__ import main
from engine.cluster.binaries import choose
from engine.cluster.folders import private_folder
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import InputError, Interrupted
from engine.measurement import load
from engine.progress import ignore, never
from engine.recording.address import Address
from engine.replay.children import Child
from engine.replay.remote.hosting import Workers, listening
from engine.replay.remote.worker import join
from tests.engine.replay.recordings import line, read
from tests.live.joining import TOKEN, files_in, started, words
from tests.live.shared_plan import UNITS, counts, heard, told, values, write_plan

pytestmark = pytest.mark.live
HERE = Address("127.0.0.1", 0)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two primaries."""
    with boot(ClusterSpec(choose(), shards=2, replicas=0)) as booted:
        yield booted


def joined(workers: Workers) -> Workers:
    """All of them here."""
    workers.gather(ignore, never)
    return workers


def test_two_workers_leave_the_same_data_and_counts_as_one_player(tmp_path: Path, cluster: LocalCluster) -> None:
    files = write_plan(tmp_path)
    with Child("engine.replay.player", {"folder": str(tmp_path), **told(cluster)}, tmp_path / "log") as player:
        alone, _ = heard(player)
    left = values(cluster)
    with (
        listening(HERE, 2, TOKEN.encode()) as workers,
        started(workers.address, tmp_path / "there", TOKEN, TOKEN) as both,
    ):
        with joined(workers).team(files, "own", told(cluster), report=ignore, should_stop=never) as team:
            outcome, _ = heard(team)
        endings = [words(process) for process in both]
    assert counts(outcome) == counts(alone)
    assert values(cluster) == left
    # five connections of 286 operations and two of 285: three of the first for one worker, the rest for the other
    assert sorted(each["operations"] for each in outcome["sources"]) == [858, 1142]
    assert [each["name"].split(" (")[0] for each in outcome["sources"]] == ["worker 1", "worker 2"]
    assert all(each["clock_uncertainty_us"] > 0 for each in outcome["sources"])
    sent, done = np.fromfile(files.records, dtype=np.int64).reshape(2, UNITS)
    assert (sent > 0).all()
    assert (done >= sent).all()
    assert [status for status, _ in endings] == [0, 0]
    assert sorted(re.findall(r"Done: ([\d,]+) operations", "".join(text for _, text in endings))) == ["1,142", "858"]
    assert files_in(tmp_path / "there") == []
    assert list(tmp_path.glob("part-*")) == []


def test_a_worker_that_is_killed_is_named_and_the_other_stops(
    tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_plan(tmp_path, over_ns=60_000_000_000)
    with started_and_listening(tmp_path, (TOKEN, TOKEN)) as (workers, both):
        with (
            pytest.raises(Interrupted, match=r"worker [12] \(.*\), one of 2: the connection was closed") as lost,
            workers_dismissed(workers),
            joined(workers).team(files, "own", told(cluster), report=ignore, should_stop=never) as team,
        ):
            while not any("progress" in said for said in team.hear(0.5)):
                pass
            both[1].send_signal(signal.SIGKILL)
            heard(team)
        assert f"process {both[1].pid} at 127.0.0.1" in str(lost.value)
        status, text = words(both[0])
    assert status == 1
    assert "The run has ended: worker" in text
    assert files_in(tmp_path / "there")  # of the one that was killed; the next there removes them
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there"))
    private_folder()
    assert files_in(tmp_path / "there") == []
    values(cluster)
    assert list(tmp_path.glob("part-*")) == []


def test_a_run_without_its_workers_says_how_many_came_and_who_was_turned_away() -> None:
    with listening(HERE, 2, TOKEN.encode(), patience_s=1.0) as workers, ThreadPoolExecutor() as pool:
        stranger = pool.submit(join, workers.address, b"x" * 40)
        with pytest.raises(
            Interrupted, match=r"Worker 1, 2 of 2 did not come .* turned away: it does not know the token"
        ):
            workers.gather(ignore, never)
    with pytest.raises(InputError, match="the tokens differ"):
        stranger.result()


@contextmanager
def workers_dismissed(workers: Workers) -> Iterator[None]:
    """What leaving the block of `listening` does."""
    try:
        yield
    except Interrupted as error:
        workers.dismiss(str(error))
        raise


@contextmanager
def started_and_listening(
    tmp_path: Path, tokens: Sequence[str]
) -> Iterator[tuple[Workers, list[subprocess.Popen[bytes]]]]:
    """A run that waits for two workers, and worker processes with these tokens."""
    with (
        listening(HERE, 2, TOKEN.encode()) as workers,
        started(workers.address, tmp_path / "there", *tokens) as found,
    ):
        yield workers, found


def test_a_replay_with_workers_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line(n / 2000, f"SET key:{n} 1", client=f"127.0.0.1:{5000 + n % 5}") for n in range(600)]
    read(tmp_path, lines)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with listening(HERE, 1, TOKEN.encode()) as free:
        address = free.address
    option = ["--token-file", str(tmp_path / "token")]
    with started(address, tmp_path / "there", TOKEN, TOKEN) as both:
        asked = ["replay", str(tmp_path / "trace.parquet"), "--shards", "1", "--replicas", "0", "--workers", "2"]
        assert main([*asked, "--listen", str(address), *option, "--json", str(tmp_path / "out.json")]) == 0
        statuses = [words(process)[0] for process in both]
    assert statuses == [0, 0]
    result = load(tmp_path / "out.json")
    assert result.memory.keys == result.operations.sent == result.operations.ok == 600
    assert [each.operations for each in result.sources] == [360, 240]  # three connections and two, of 120 each
    assert result.latency_us["SET"].response.count == 600
    assert re.search(r"worker 1 .*360 operations over \d+ connections, clock known to \d+ µs", capsys.readouterr().out)
