"""Whatever is killed in the middle of a replay: the run says what happened, no engine is left, and it can go on to the end."""

from __future__ import annotations

import html
import re
import sqlite3
import urllib.parse
import urllib.request
import uuid
from contextlib import closing
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest

from tests.engine.replay.recordings import line
from tests.live.up import Up, free_port
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live

PATIENCE_S = 180.0
RECORDED_S = 4
MEASURING = "worker -Q measure"
CLUSTER = {"shards": "2", "replicas": "1", "mode": "cache", "speed": "1"}
STATES_OVER = {"done", "failed", "cancelled", "interrupted"}


@pytest.fixture
def recording() -> bytes:
    """Sessions written and read fifty times a second for four seconds."""
    writes = [line(at / 25, f"SET session:{at % 40} {'x' * 200} EX 600") for at in range(RECORDED_S * 25)]
    reads = [line(at / 25 + 0.02, f"GET session:{at % 40}", client="127.0.0.1:5001") for at in range(RECORDED_S * 25)]
    lines = [each for pair in zip(writes, reads, strict=True) for each in pair]
    return "\n".join(["OK", *lines, ""]).encode()


def test_one_run_goes_on_after_its_engine_its_worker_and_all_of_up_were_killed(
    tmp_path: Path, recording: bytes
) -> None:
    """Each in the middle of the replay. Snapshots under load, which come after it, are not the subject."""
    with Up(tmp_path / "var", tmp_path / "collected", free_port(), HEADROOM_SNAPSHOT_TURN_S="0") as first:
        run = asked_for(Person.signed_in(first.ready()), recording, first)
        run.wait_for_mid_replay()
        an_engine_that_is_killed_interrupts_the_run(first, run)
        run.resume()
        run.wait_for_mid_replay()
        a_worker_that_is_killed_interrupts_the_run_and_another_takes_its_place(first, run)
        run.resume()
        run.wait_for_mid_replay()
        a_killed_up_leaves_no_process(first)
    with Up(tmp_path / "var", tmp_path / "collected", free_port(), HEADROOM_SNAPSHOT_TURN_S="0") as second:
        run.person = Person.signed_in(second.ready())
        run.wait_for({"interrupted"})
        assert run.reason == "The worker process ended while the recording was being replayed."
        assert run.reason in run.person.page(run.path)
        run.resume()
        run.wait_for({"done"})


def an_engine_that_is_killed_interrupts_the_run(up: Up, run: RunningRun) -> None:
    engines = cluster_nodes(up)
    assert len(engines) == 4
    engines[0].kill()
    run.wait_for({"interrupted"})
    assert f"pid {engines[0].pid}) was killed by SIGKILL" in run.reason
    assert run.reason in run.person.page(run.path)
    wait_until(lambda: not alive(engines), "the engines to end")


def a_worker_that_is_killed_interrupts_the_run_and_another_takes_its_place(up: Up, run: RunningRun) -> None:
    worker = up.child(MEASURING)
    below = worker.children(recursive=True)
    assert len(alive(below)) > 4
    worker.kill()
    wait_until(lambda: not alive(below), "the worker's processes to end")
    run.wait_for({"interrupted"})
    assert run.reason == "The worker process ended (was killed by SIGKILL) while the recording was being replayed."
    assert run.reason in run.person.page(run.path)
    wait_until(lambda: up.children(MEASURING), "the next worker")
    assert up.child(MEASURING).pid != worker.pid


def a_killed_up_leaves_no_process(up: Up) -> None:
    below = up.descendants()
    assert len(alive(below)) > 4
    up.process.kill()
    wait_until(lambda: not alive(below), "every process to end")


@dataclass
class Person:
    """A browser without a window: cookies, forms, and where a form led to."""

    browser: urllib.request.OpenerDirector
    url: str

    @classmethod
    def signed_in(cls, up: Up) -> Person:
        """By the link that `up` printed."""
        person = cls(urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())), up.url)
        person.page(up.link.removeprefix(up.url))
        return person

    def page(self, path: str) -> str:
        """The text of a page, character references resolved."""
        with self.browser.open(self.url + path, timeout=PATIENCE_S) as answer:
            text: str = html.unescape(answer.read().decode())
            return text

    def submit(self, path: str, fields: dict[str, str] | None = None, recording: bytes | None = None) -> str:
        """Send a form; the path it leads to."""
        [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page("/")))
        fields = {"csrfmiddlewaretoken": token, **(fields or {})}
        request = urllib.request.Request(self.url + path, headers={"Referer": self.url})
        if recording is None:
            request.data = urllib.parse.urlencode(fields).encode()
        else:
            boundary = uuid.uuid4().hex
            request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
            request.data = multipart(boundary, fields, recording)
        with self.browser.open(request, timeout=PATIENCE_S) as answer:
            return str(urllib.parse.urlsplit(answer.url).path)


@dataclass
class RunningRun:
    """A run as its owner and the database know it."""

    person: Person
    path: str
    database: Path

    @property
    def job(self) -> tuple[str, str, int, str]:
        """State, phase, how many operations were sent, reason."""
        query = """SELECT state, phase, done, error FROM jobs_job
                   WHERE id = (SELECT job_id FROM runs_run WHERE id = ?)"""
        with closing(sqlite3.connect(self.database)) as database:
            row: tuple[str, str, int, str] = database.execute(
                query, (self.path.split("/")[2].replace("-", ""),)
            ).fetchone()
        return row

    @property
    def reason(self) -> str:
        """Why it stopped."""
        return self.job[3]

    def in_mid_replay(self) -> bool:
        """Whether this attempt has replayed some of it but not all."""
        state, phase, done, _ = self.job
        assert state not in STATES_OVER, self.job
        return state == "running" and phase == "replay" and done > 0  # a job that waits has the last attempt's

    def wait_for(self, states: set[str]) -> None:
        """Until it is over, and that in one of these states."""
        wait_until(lambda: self.job[0] in STATES_OVER, f"the run to be {states}", limit_s=PATIENCE_S)
        assert self.job[0] in states, self.job

    def wait_for_mid_replay(self) -> None:
        """Until some but not all of it has been replayed."""
        wait_until(self.in_mid_replay, "the replay", limit_s=PATIENCE_S)

    def resume(self) -> None:
        """Press Resume."""
        self.person.submit(f"{self.path}resume/")


def asked_for(person: Person, recording: bytes, up: Up) -> RunningRun:
    """A run of the recording."""
    draft = person.submit("/wizard/").removesuffix("workload/")
    person.submit(f"{draft}workload/upload/", recording=recording)
    wait_until(lambda: "Next: measure" in person.page(f"{draft}workload/"), "the recording to be read")
    path = person.submit(f"{draft}measure/", CLUSTER)
    assert path.startswith("/runs/")
    return RunningRun(person, path, up.data / "headroom.sqlite3")


def multipart(boundary: str, fields: dict[str, str], recording: bytes) -> bytes:
    """A form with a file in it, as browsers send it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="recording"; filename="sessions.txt"\r\n'
    parts += [head.encode(), b"Content-Type: text/plain\r\n\r\n", recording, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts)


def cluster_nodes(up: Up) -> list[psutil.Process]:
    """The engines under the measuring worker: they say of themselves that they serve a cluster, which the broker does not."""
    return [each for each in up.child(MEASURING).children(recursive=True) if "[cluster]" in " ".join(each.cmdline())]


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those still there; one that has ended and waits to be collected is not."""
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
