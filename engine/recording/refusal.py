"""What to tell a person whose server does not allow MONITOR: why it may be so, and which other recording will do."""

from __future__ import annotations

from engine.errors import InputError
from engine.recording.address import Address
from engine.recording.connection import Refused

ALTERNATIVES = (
    "Record in another way: a packet capture (pcap) on a client or server host gives every command and reply; an append-only "
    "file or a snapshot (AOF, RDB) gives the writes or the keys; the CloudWatch metrics as JSON, or two INFO outputs with "
    "the time between them, give rates and sizes."
)


def forbidden(address: Address, error: Refused) -> InputError:
    """The error for a server that answered MONITOR with `error`."""
    text = str(error)
    if error.kind == "NOPERM":
        why, remedy = "this user may not run MONITOR", "Allow it with: ACL SETUSER <user> +monitor. "
    elif error.kind == "NOAUTH":
        why, remedy = "the server wants a sign-in", "Give user and password. "
    elif "unknown command" in text.lower():
        why, remedy = "MONITOR does not exist there (serverless caches refuse it, some services rename it)", ""
    else:
        why, remedy = f"the server refuses MONITOR ({text[:120]})", ""
    return InputError(
        f"{why}.",
        source=str(address),
        expected="a server and a user that allow MONITOR.",
        remedy=remedy + ALTERNATIVES,
    )
