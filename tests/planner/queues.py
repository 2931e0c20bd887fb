"""What the workers were told: the messages of a queue, taken off it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty

from planner.celery import app

Told = Callable[[], list[tuple[str, list[str]]]]


@contextmanager
def listening(name: str) -> Iterator[Told]:
    """Yields what takes everything sent to the queue since: names of tasks and their arguments."""
    with app.connection_for_read() as connection, connection.SimpleQueue(name) as queue:
        queue.clear()

        def take() -> list[tuple[str, list[str]]]:
            found: list[tuple[str, list[str]]] = []
            while True:
                try:
                    message = queue.get(block=False)
                except Empty:
                    return found
                message.ack()
                found.append((message.headers["task"], message.payload[0]))

        yield take
