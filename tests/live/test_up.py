"""`manage.py up`, for real: it starts everything, keeps it alive, and leaves nothing behind however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest

from planner.supervision.broker import listening_workers
from planner.supervision.parts import QUEUES
from tests.live.up import PATIENCE_S, PROJECT, Up, free_port, wait_for

pytestmark = pytest.mark.live

LONG_AGO = "2020-01-01 00:00:00"


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static files collected once for all of these tests."""
    return tmp_path_factory.mktemp("collected")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[Up]:
    """One that runs while several tests look at it."""
    with Up(tmp_path_factory.mktemp("shared") / "my data #1 é 100%", static, free_port()) as running:
        yield running.ready()


def _browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))


def _status(browser: urllib.request.OpenerDirector, url: str) -> tuple[int, str]:
    """Status and final address."""
    try:
        with browser.open(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.url or ""


def _still_there(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_the_printed_link_signs_in_once_and_only_once(up: Up) -> None:
    first, second = _browser(), _browser()
    _status(first, up.link)
    assert _status(first, f"{up.url}/accounts/sign-in/")[1] == f"{up.url}/"
    assert _status(second, up.link)[0] == 410
    assert _status(second, f"{up.url}/accounts/sign-in/")[1] == f"{up.url}/accounts/sign-in/"


def test_exactly_one_link_is_printed(up: Up) -> None:
    assert up.output.count("/accounts/sign-in/") == 1


def test_another_link_can_be_had_from_the_command_line(up: Up) -> None:
    printed = subprocess.run(
        [sys.executable, "manage.py", "sign_in_link"],
        env={**os.environ, "HEADROOM_DATA": str(up.data)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    browser = _browser()
    _status(browser, printed)
    assert _status(browser, f"{up.url}/accounts/sign-in/")[1] == f"{up.url}/"


def test_nothing_listens_but_the_web_server_and_it_only_on_loopback(up: Up) -> None:
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in up.descendants()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {("127.0.0.1", int(up.url.rsplit(":", 1)[1]))}


def test_nobody_else_may_enter_the_folder_of_the_brokers_socket(up: Up) -> None:
    folder = up.data / "broker"
    assert (folder / "broker.sock").is_socket()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_one_on_the_same_data_says_who_runs_and_ends(up: Up, static: Path) -> None:
    with Up(up.data, static, free_port()) as second:
        assert second.process.wait(PATIENCE_S) == 1
        assert second.says(f"process {up.process.pid}, {up.url}")
    assert _status(_browser(), f"{up.url}/accounts/sign-in/")[0] == 200


@pytest.mark.parametrize("part", ["worker -Q measure", "worker -Q default", "gunicorn", "valkey-server"])
def test_a_part_that_is_killed_is_reported_and_started_again(up: Up, part: str) -> None:
    victim = up.child(part)
    victim.kill()
    assert up.says(f"(process {victim.pid}) was killed by SIGKILL; starting it again")
    assert wait_for(lambda: any(part in " ".join(child.cmdline()) for child in _children(up)))
    assert up.child(part).pid != victim.pid
    assert wait_for(lambda: _answers(up))
    assert wait_for(lambda: listening_workers(up.data / "broker" / "broker.sock") == len(QUEUES))


def _children(up: Up) -> list[psutil.Process]:
    return _still_there(psutil.Process(up.process.pid).children())


def _answers(up: Up) -> bool:
    try:
        return _status(_browser(), f"{up.url}/accounts/sign-in/")[0] == 200
    except OSError:
        return False


def _ends_everything(running: Up, number: signal.Signals) -> None:
    """Told to stop it ends all below it and says goodbye."""
    below = running.descendants()
    assert len(below) >= 5
    running.process.send_signal(number)
    assert running.process.wait(PATIENCE_S) == 0
    assert _still_there(below) == []
    assert not (running.data / "up.json").exists()


def test_told_to_stop_while_starting_it_leaves_nothing_behind(tmp_path: Path, static: Path) -> None:
    with Up(tmp_path, static, free_port()) as running:
        wait_for(lambda: len(running.descendants()) >= 2 or running.process.poll() is not None)
        below = running.descendants()
        assert len(below) >= 2, running.output
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
        assert _still_there(below) == []


def test_on_a_taken_port_it_takes_the_next_and_says_so_and_ends_by_ctrl_c(tmp_path: Path, static: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Up(tmp_path, static, port) as running:
            assert running.says(f"Port {port} is taken; using ")
            assert int(running.ready().url.rsplit(":", 1)[1]) > port
            assert _answers(running)
            _ends_everything(running, signal.SIGINT)


def test_a_part_that_cannot_start_is_named_with_its_last_words(tmp_path: Path, static: Path) -> None:
    with Up(tmp_path, static, free_port(), GUNICORN_CMD_ARGS="--no-such-option") as running:
        assert running.process.wait(PATIENCE_S) == 1
        assert "web ended while starting" in running.output
        assert "--no-such-option" in running.output
        assert running.descendants() == []


def test_a_folder_with_a_long_name_is_no_obstacle_and_a_polite_end_leaves_nothing_elsewhere(
    tmp_path: Path, static: Path
) -> None:
    deep = tmp_path / ("long" * 25)
    with Up(deep, static, free_port()) as running:
        [socket_file] = running.ready().child("valkey-server").net_connections("unix")[:1]
        folder = Path(str(socket_file.laddr)).parent
        assert deep not in folder.parents
        _ends_everything(running, signal.SIGTERM)
        assert not folder.exists()


def test_killed_it_leaves_no_process_and_the_next_one_settles_what_it_left(tmp_path: Path, static: Path) -> None:
    with Up(tmp_path, static, free_port()) as earlier:
        below = earlier.ready().descendants()
        assert len(below) >= 5
        earlier.process.kill()
        assert wait_for(lambda: not _still_there(below)), _still_there(below)
    database = sqlite3.connect(tmp_path / "headroom.sqlite3", isolation_level=None)
    with contextlib.closing(database):
        lost, waits = (_left_behind(database, state) for state in ("running", "queued"))
        with Up(tmp_path, static, free_port()) as later:
            later.ready()
            assert _job(database, lost)[:2] == ("interrupted", "The worker process ended while it was starting.")
            assert _job(database, waits)[2] > LONG_AGO
            assert _answers(later)


def _left_behind(database: sqlite3.Connection, state: str) -> str:
    """A job as a killed `up` leaves it: its process (number 0: none) is gone, its message lost. Returns its id."""
    row = {
        "id": uuid.uuid4().hex,
        "state": state,
        "task": "planner.traces.tasks.import_recording",
        "subject": str(uuid.uuid4()),
        "queue": "default",
        "worker_host": socket.gethostname(),
        "worker_pid": 0,
        "created_at": LONG_AGO,
        "sent_at": LONG_AGO,
    }
    empty = dict.fromkeys(("phase", "message", "unit", "error"), "")
    row |= {"kind": "import", "owner_id": 1, "done": 0, "gauges": "{}", "cancel_requested": 0, "attempts": 1, **empty}
    names = ", ".join(row)
    database.execute(f"INSERT INTO jobs_job ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    return str(row["id"])


def _job(database: sqlite3.Connection, job_id: str) -> tuple[str, str, str]:
    """State, reason, and when the workers were last told."""
    found: tuple[str, str, str] = database.execute(
        "SELECT state, error, sent_at FROM jobs_job WHERE id = ?", (job_id,)
    ).fetchone()
    return found
