"""The queues. Two of them: `measure`, one job at a time per host, and `default`.

Celery only carries the word that a job waits. The truth is the job's row: a message lost or doubled does no harm,
because a job is claimed by a conditional UPDATE and sent again when nobody has claimed it.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from kombu.exceptions import OperationalError

from engine.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.settings")

MEASURE = "measure"
DEFAULT = "default"

logger = logging.getLogger(__name__)
app = Celery("headroom")


def _configure() -> None:
    from django.conf import settings

    app.conf.update(
        broker_url=settings.HEADROOM_BROKER_URL,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker waits for its broker for ever
        # Who sends does not: a page must not hang on a broker that is down, the job is sent again later.
        broker_transport_options={
            "socket_connect_timeout": 3,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.1,
        },
        result_backend=None,
        task_ignore_result=True,
        task_acks_late=False,
        task_default_queue=DEFAULT,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        enable_utc=True,
        timezone="UTC",
    )


_configure()
app.autodiscover_tasks()


@worker_process_init.connect
def _die_with_worker(**_: Any) -> None:
    # The children of a prefork pool, should somebody run one: they must not outlive their parent either.
    die_with_parent(os.getppid())


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    # Connected so that Celery leaves the logging of settings.py as it is.
    return None


def use_broker(url: str) -> None:
    """Send to another broker than the settings name, from now on; nothing may have been sent before."""
    app.conf.update(broker_url=url)


def send(task: str, *args: str, queue: str) -> bool:
    """Tell the workers, now. False when the broker cannot be reached: the job stays queued and is sent again later."""
    try:
        app.send_task(task, args=args, queue=queue, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached, %s stays queued: %s", task, error)
        return False
    return True


def enqueue(task: str, *args: str, queue: str) -> None:
    """Tell the workers once the transaction is committed: a worker must not look for a row that is not there yet."""
    from django.db import transaction

    transaction.on_commit(lambda: send(task, *args, queue=queue))
