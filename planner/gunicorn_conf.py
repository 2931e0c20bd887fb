"""How gunicorn serves: two processes with a few threads, bound to their parent's life, no control socket, quiet."""

from __future__ import annotations

from typing import Any

from engine.processes import die_with_parent

workers = 2
threads = 4
worker_class = "gthread"
timeout = 60
graceful_timeout = 2
keepalive = 5
control_socket_disable = True
loglevel = "warning"
accesslog = None
proc_name = "headroom-web"


def post_fork(server: Any, worker: Any) -> None:
    """Each worker is killed by the kernel when the master ends, however that happens."""
    die_with_parent(server.pid)
