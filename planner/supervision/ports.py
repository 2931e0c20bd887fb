"""Which port the web server takes."""

from __future__ import annotations

import socket

TRIES = 100


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def first_free(host: str, wanted: int, *, tries: int = TRIES) -> int | None:
    """The wanted port or the next one that is free; None when none of `tries` is."""
    return next((port for port in range(wanted, min(wanted + tries, 65536)) if is_free(host, port)), None)
