"""System checks that say what this machine lacks, each with a hint. They run before every command: they only look."""

from __future__ import annotations

import os
import shutil
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from engine.cluster.binaries import choose
from engine.errors import InputError
from planner.external import addresses

LEAST_FREE_BYTES = 2 * 1024**3


@register()
def engine_found(**_: Any) -> list[CheckMessage]:
    """An engine to measure with."""
    try:
        choose(settings.HEADROOM_ENGINE)
    except InputError as error:
        return [
            Error(
                f"No engine to measure with: {error}",
                hint="Run `make install` for the embedded one, or set HEADROOM_ENGINE to an engine that is here.",
                id="headroom.E001",
            )
        ]
    return []


@register()
def external_allow_list(**_: Any) -> list[CheckMessage]:
    """The networks and names that external runs may reach can be understood."""
    try:
        addresses.parse_allowed(settings.HEADROOM_EXTERNAL_ALLOW)
    except InputError as error:
        return [Error(str(error), hint="Nothing is allowed until it can be read.", id="headroom.E003")]
    return []


@register()
def data_folder_writable(**_: Any) -> list[CheckMessage]:
    """A place for everything Headroom keeps."""
    if os.access(settings.HEADROOM_DATA, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The data folder {settings.HEADROOM_DATA} cannot be written.",
            hint="Give this user the right to write there, or set HEADROOM_DATA to another folder.",
            id="headroom.E002",
        )
    ]


@register()
def disk_free(**_: Any) -> list[CheckMessage]:
    """Room for recordings, traces and snapshots."""
    try:
        free = shutil.disk_usage(settings.HEADROOM_DATA).free
    except OSError:
        return []  # the check above says it better
    if free >= LEAST_FREE_BYTES:
        return []
    return [
        Warning(
            f"Only {free / 1024**2:.0f} MiB are free on the disk of {settings.HEADROOM_DATA}.",
            hint="Recordings are stored there and snapshots are written there. Free some space, or move HEADROOM_DATA.",
            id="headroom.W001",
        )
    ]
