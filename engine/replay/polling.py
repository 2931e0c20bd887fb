"""Waiting for the plain player's connections and its clock at once: one epoll, one timer."""

from __future__ import annotations

import select
from collections.abc import Callable

from engine.replay.link import Link
from engine.replay.pacer import Timer


class Poll:
    """Watches the links that were added."""

    def __init__(self) -> None:
        self._by_fd: dict[int, Link] = {}
        self._epoll = select.epoll()
        self._timer = Timer()
        self._epoll.register(self._timer.fd, select.EPOLLIN)

    def add(self, link: Link) -> None:
        """Watch a link for what it has to say."""
        self._by_fd[link.sock.fileno()] = link
        self._epoll.register(link.sock.fileno(), select.EPOLLIN)

    def push_when_writable(self, link: Link) -> None:
        """The kernel took only part of what a link sends: the rest follows while others are waited for."""
        self._epoll.modify(link.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def wait(self, ns: int, read: Callable[[Link], None]) -> None:
        """Wait `ns` for links that have something to say (0 or less: not at all) and call `read` with each."""
        if ns > 0:
            self._timer.wake_in(ns)
        for fd, event in self._epoll.poll(None if ns > 0 else 0):
            link = self._by_fd.get(fd)
            if link is None:
                self._timer.clear()
                continue
            if event & select.EPOLLOUT and link.push():
                self._epoll.modify(fd, select.EPOLLIN)
            if event & ~select.EPOLLOUT:
                read(link)

    def close(self) -> None:
        """Give epoll and timer back; the links stay open."""
        self._timer.close()
        self._epoll.close()
