"""The parts of a running Headroom: broker, one worker per queue, web server."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.celery import DEFAULT, MEASURE
from planner.supervision import broker
from planner.supervision.children import Part

QUEUES = (MEASURE, DEFAULT)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it all runs: `project` holds manage.py, `data` what is kept, `sock` is the broker's socket."""

    project: Path
    data: Path
    sock: Path
    host: str
    port: int

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def parts(place: Place) -> tuple[Part, ...]:
    """The broker first: the others need it."""
    return (broker_part(place), *(worker_part(place, queue) for queue in QUEUES), web_part(place))


def broker_part(place: Place) -> Part:
    """The embedded broker."""
    return _part(place, "broker", broker.argv(place.sock), lambda: broker.answers(place.sock))


def worker_part(place: Place, queue: str) -> Part:
    """A worker that does one job after the other in its own process: no children, no second measuring run."""
    argv = [sys.executable, "-m", "celery", "-A", "planner.celery", "worker", "-Q", queue, "-n", f"{queue}@%h"]
    argv += ["-P", "solo", "-c", "1", "-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return _part(place, f"worker-{queue}", argv, lambda: broker.listening_workers(place.sock) >= len(QUEUES))


def web_part(place: Place) -> Part:
    """The web server."""
    bind = f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}"
    argv = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:planner.gunicorn_conf",
        "-b",
        bind,
        "planner.wsgi:application",
    ]
    return _part(place, "web", argv, lambda: _web_answers(place))


def _part(place: Place, name: str, argv: list[str], ready: Callable[[], bool]) -> Part:
    return Part(name, argv, ready, place.data / "log" / f"{name}.log", place.project, _environment(place))


def _environment(place: Place) -> Mapping[str, str]:
    own = {"HEADROOM_BROKER_URL": broker.url(place.sock), "HEADROOM_WEB_PORT": str(place.port)}
    return {**os.environ, "HEADROOM_DATA": str(place.data), **own}


def _web_answers(place: Place) -> bool:
    connection = http.client.HTTPConnection(place.url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/accounts/sign-in/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
