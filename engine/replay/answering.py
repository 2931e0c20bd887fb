"""What of a player takes answers: which unit a reply belongs to, and whether that is done, failed, or to be sent again."""

from __future__ import annotations

from collections.abc import Sequence

import hiredis

from engine.replay import resp, router
from engine.replay.again import Again
from engine.replay.link import NOTHING, Link
from engine.replay.sending import ASKING, Sending
from engine.replay.task import MAX_REDIRECTS, Task


class Answering(Sending):
    """The units that were sent and await replies."""

    def __init__(self, task: Task, route: router.Router | None = None) -> None:
        super().__init__(task, route)
        self._recent: list[int] = []
        self._errors_in: dict[int, int] = {}
        self._moved: dict[int, str] = {}
        self._again = Again()
        self._answered_units = 0
        self._answered_ns = 0

    def _read(self, link: Link) -> None:
        try:
            received = link.receive()
        except BlockingIOError:
            return
        except OSError:
            received = 0
        self.outcome.bytes_out += received
        if not received:
            self.outcome.stopped = f"Shard {link.shard} closed a connection during the replay"
            return
        now = self._now()
        while (reply := link.reader.gets()) is not NOTHING:
            self._take(link, reply, now)

    def _take(self, link: Link, reply: object, now: int) -> None:
        if isinstance(reply, hiredis.PushNotification) and self._is_unasked(link, reply):
            return
        unit = link.pending[0]
        if unit == ASKING:
            link.pending.popleft()
            link.left = self._columns.replies[link.pending[0]]
            return
        redirected = False
        if isinstance(reply, hiredis.ReplyError) and self._columns.blocking[unit]:
            link.left = 1  # a subscription to several channels is refused once
        if isinstance(reply, hiredis.ReplyError | list):
            redirected = self._notice_errors(unit, reply, link.left)
        link.left -= 1
        if link.left:
            return
        moved = self._moved.pop(unit, None)
        if moved is not None:
            redirected = self._follow(unit, moved)
        self.outcome.aborted += reply is None and self._columns.replies[unit] > 1
        link.pending.popleft()
        if link.pending:
            link.left = 1 if link.pending[0] < 0 else self._columns.replies[link.pending[0]]
        if not redirected:
            self._complete(unit, now)

    def _is_unasked(self, link: Link, push: Sequence[bytes]) -> bool:
        """Whether a push is no reply: a message, or the news that a subscription's slot has moved away."""
        if push[0].endswith(b"subscribe"):
            return not link.pending
        self.outcome.messages += 1
        self.outcome.message_bytes += resp.length(push)
        return True

    def _complete(self, unit: int, now: int) -> None:
        self._done[unit] = self._answered_ns = now
        self._answered_units += 1
        self.outcome.ok += self._columns.operations[unit] - self._errors_in.pop(unit, 0)
        if self._columns.blocking[unit]:
            return
        self._recent.append(now - (self._sent if self.task.depth else self._columns.due)[unit])
        self.ordering.answered(unit)

    def _notice_errors(self, unit: int, reply: object, left: int) -> bool:
        """Count error replies; True when the unit was redirected and is on its way again.

        A transaction of which a command is redirected does nothing; the whole of it is sent again when EXEC has said so.
        """
        if isinstance(reply, list):  # EXEC answers with the replies of its commands
            for part in reply:
                if isinstance(part, hiredis.ReplyError):
                    self._count_error(unit, str(part))
            return False
        text = str(reply)
        if unit in self._moved:
            return False
        if text.startswith("TRYAGAIN") or router.parse_redirect(text) is not None:
            if left == 1:
                return self._follow(unit, text)
            self._moved[unit] = text
            return False
        self._count_error(unit, text)
        return False

    def _count_error(self, unit: int, text: str) -> None:
        kind = text.split(" ", 1)[0]
        self.outcome.errors[kind] = self.outcome.errors.get(kind, 0) + 1
        self._errors_in[unit] = min(self._errors_in.get(unit, 0) + 1, self._columns.operations[unit])
        if kind == "OOM":
            self.outcome.out_of_memory = True

    def _follow(self, unit: int, text: str) -> bool:
        """Send a unit where an error says, or later; False when nobody can, and the error is counted as one."""
        if text.startswith("TRYAGAIN") and self._again.put(unit, unit, self._now()):
            return True
        redirect = router.parse_redirect(text)
        shard = None if redirect is None else self.router.follow(redirect)
        self._sent_again[unit] += 1
        if redirect is None or shard is None or self._sent_again[unit] > MAX_REDIRECTS + self._again.tries(unit):
            self._count_error(unit, text)
            return False
        self.outcome.redirected += 1
        number = self._place(unit) * self.router.shards + shard
        if redirect.asking:
            self._announce(number)
        self._send(unit, number)
        return True

    def _send_waiting(self, now: int) -> None:
        """Units that were told TRYAGAIN go to the shard of their slot, which sends them on where that is due."""
        for unit in self._again.take(now):
            self.outcome.tried_again += 1
            self._sent_again[unit] += 1
            self._send(unit, self._place(unit) * self.router.shards + self.router.shard(self._columns.slot[unit], 0))
