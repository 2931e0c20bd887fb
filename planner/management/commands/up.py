"""`manage.py up`: broker, workers and web server in one terminal, and a link to sign in. Ctrl-C ends all of it."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from engine.errors import InputError
from planner import celery
from planner.accounts import links
from planner.external import services as external
from planner.staticfiles import is_collected
from planner.supervision import broker, ports
from planner.supervision.claim import AlreadyRunning, DataFolder, Running
from planner.supervision.parts import Place, parts
from planner.supervision.supervisor import NotStarted, Supervisor
from planner.traces import storage

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _forget_what_ended() -> None:
    """What jobs leave behind that were killed: half-read uploads, passwords of clusters."""
    storage.forget_interrupted()
    external.forget_ended()


class Command(BaseCommand):
    """Start everything and keep it running."""

    help = "Starts the broker, the workers and the web server, prints a sign-in link, and ends all of it on Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument(
            "--port", type=int, default=8000, help="port of the web server, or the next free one (8000)"
        )
        parser.add_argument(
            "--host", default="127.0.0.1", help="address of the web server (127.0.0.1: this machine only)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Hold the data folder while everything runs."""
        try:
            folder = DataFolder(settings.HEADROOM_DATA)
        except AlreadyRunning as error:
            raise CommandError(str(error)) from None
        try:
            self._run(folder, self._place(options["host"], options["port"]))
        except (NotStarted, InputError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped before anything was started.", returncode=130) from None
        finally:
            folder.release()

    def _place(self, host: str, wanted: int) -> Place:
        port = ports.first_free(host, wanted)
        if port is None:
            raise CommandError(f"No port from {wanted} on is free on {host}. Say another with --port.")
        if port != wanted:
            self._say(f"Port {wanted} is taken; using {port}.")
        if host not in LOOPBACK:
            self._say(f"Listening on {host}: other machines may reach this. Let them in with HEADROOM_ALLOWED_HOSTS.")
        data = settings.HEADROOM_DATA
        return Place(settings.BASE_DIR, data, broker.socket_path(data), host, port)

    def _run(self, folder: DataFolder, place: Place) -> None:
        self._prepare(place)
        supervisor = Supervisor(parts(place), self._say, _forget_what_ended)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: supervisor.stop())
        try:
            if supervisor.start():
                folder.write(Running(folder.pid, place.url))
                self._say(f"Headroom is ready. Sign in: {links.new_link(place.url, now=timezone.now())}")
                supervisor.keep()
        finally:
            self._say("Stopping.")
            supervisor.end()
            broker.remove(place.sock.parent)

    def _prepare(self, place: Place) -> None:
        """What a start needs and a first start has not: tables, collected static files, no remains of a crash."""
        celery.use_broker(broker.url(place.sock))
        call_command("migrate", interactive=False, verbosity=0)
        if not is_collected():
            call_command("collectstatic", interactive=False, verbosity=0)
        storage.sweep(now=timezone.now(), grace=timedelta(0))  # nothing can be arriving yet

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
