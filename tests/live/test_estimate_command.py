"""`manage.py estimate` for real: a recording replayed on a cluster, its answer as JSON and PDF, a clean end by signal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.processes import spawn
from planner.reports.document import from_json, to_json
from planner.sizing.model.answers import DEFAULT_DESIGNS
from tests.live.up import wait_for

pytestmark = pytest.mark.live
PROJECT = Path(__file__).parents[2]
RECORDING = PROJECT / "tests" / "data" / "monitor" / "mixed_7.0.15.txt.gz"
TIMEOUT_S = 300
SERVER, PLAYER = "valkey-server", "engine.replay.player"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", "estimate", str(RECORDING), *arguments]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A temporary folder of the command's own, to see what it leaves there, and a data folder apart."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    return {**os.environ, "TMPDIR": str(folder / "tmp"), "HEADROOM_DATA": str(folder / "var"), **settings}


def estimate(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=PROJECT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("estimate")


@pytest.fixture(scope="module")
def answer(folder: Path) -> dict[str, Any]:
    done = estimate(folder, "--json", str(folder / "out.json"), "--pdf", str(folder / "out.pdf"), "--name", "Mixed")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    data: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return data


def cents(answer: dict[str, Any]) -> dict[str, str]:
    return {design["id"]: design["monthly_usd"]["likely"] for design in answer["designs"]}


def settled(answer: dict[str, Any]) -> dict[str, str]:
    """Without serverless caches, which are billed by the measured CPU time of each command."""
    return {name: usd for name, usd in cents(answer).items() if "serverless" not in name}


def test_the_answer_is_a_document_with_every_design_priced(answer: dict[str, Any]) -> None:
    assert to_json(from_json(answer)) == answer
    assert answer["name"] == "Mixed"
    assert set(cents(answer)) == set(DEFAULT_DESIGNS)
    assert answer["recommended"]["id"] in cents(answer)
    assert answer["price_lists"]


def test_data_written_equals_the_growth_of_the_replication_offset(answer: dict[str, Any]) -> None:
    written = answer["measurement"]["data_written"]
    assert written["bytes"] > 0
    assert written["bytes"] + written["protocol_bytes"] == written["offset_growth_bytes"]


def test_the_pdf_is_beside_it_and_nothing_else_is_left(answer: dict[str, Any], folder: Path) -> None:
    assert (folder / "out.pdf").read_bytes().startswith(b"%PDF-")
    assert sorted(left_behind(folder)) == [folder / "out.json", folder / "out.pdf"]
    assert not (folder / "var" / "headroom.sqlite3").exists()


def test_a_second_run_writes_the_same_data_and_costs_the_same_cents(answer: dict[str, Any], tmp_path: Path) -> None:
    done = estimate(tmp_path, "--json", "-", HEADROOM_SNAPSHOT_TURN_S="0")
    assert done.returncode == 0
    again = json.loads(done.stdout)
    assert answer["measurement"]["snapshot"]["impact"] is not None
    assert again["measurement"]["snapshot"]["impact"] is None  # the setting; it takes as long as the rest
    assert again["measurement"]["data_written"]["bytes"] == answer["measurement"]["data_written"]["bytes"]
    assert settled(again) == settled(answer)


@pytest.mark.parametrize(("number", "when"), [(signal.SIGINT, SERVER), (signal.SIGTERM, PLAYER)])
def test_a_signal_leaves_no_process_no_folder_and_no_output(number: signal.Signals, when: str, tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert wait_for(lambda: running(process, when) != [], TIMEOUT_S)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        output, error = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, output, error) == (130, b"", b"stopped: nothing was written.\n")
    assert psutil.wait_procs(children, timeout=TIMEOUT_S)[1] == []
    assert left_behind(tmp_path) == []


def test_an_engine_that_dies_in_mid_run_ends_it_with_status_3(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert wait_for(lambda: running(process, PLAYER) != [], TIMEOUT_S)
        running(process, SERVER)[0].kill()
        output, error = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, output) == (3, b"")
    assert error.startswith(b"interrupted: ")
    assert error.count(b"\n") == 1
    assert left_behind(tmp_path) == []


def started(folder: Path) -> subprocess.Popen[bytes]:
    """The command on its way through a replay slow enough to be met in the middle."""
    return spawn(
        command("--json", str(folder / "out.json"), "--speed", "0.02", "--shards", "1", "--replicas", "0"),
        cwd=PROJECT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def running(process: subprocess.Popen[bytes], word: str) -> list[psutil.Process]:
    """Processes under the command with that word in their command line."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(word in part for part in child.cmdline()):
                found.append(child)
    return found


def left_behind(folder: Path) -> list[Path]:
    """Outputs, working folders, and what stands in the engines' own folder (which stays, empty)."""
    temporary = folder / "tmp"
    return [*folder.glob("out*"), *temporary.glob("headroom-estimate-*"), *temporary.glob("*/*")]
