"""Whatever goes wrong while a password is at hand, what is said about it does not hold the password, and names the fields of
the page rather than options of a command line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import format_exception
from urllib.parse import quote

from django.views.decorators.debug import sensitive_variables

from engine.errors import Cancelled, HeadroomError, InputError, Interrupted

HIDDEN = "•••"
_ON_THE_PAGE = (
    ("HEADROOM_TARGET_PASSWORD", "the field Password"),
    ("running again with --remove-leftovers", "a run that first removes what an earlier one left"),
    ("remove what an earlier run left behind with --remove-leftovers", "have what an earlier run left removed first"),
    ("--remove-leftovers", "the tick that removes what an earlier run left"),
    ("--allow-network", "the setting HEADROOM_EXTERNAL_ALLOW"),
    ("--max-rate", "Rate"),
    ("--prefix", "Prefix"),
    ("--target", "Address"),
    ("--speed", "Speed"),
    ("--ca", "Certificate authority"),
)
logger = logging.getLogger(__name__)


@contextmanager
def discreet(password: str) -> Iterator[None]:
    """Errors raised inside are raised again without the password, and without the one they came from."""
    try:
        yield
    except (InputError, Interrupted, Cancelled) as error:
        raise _same_kind(error, said(str(error), password)) from None
    except HeadroomError as error:
        raise Interrupted(said(str(error), password)) from None
    except Exception as error:
        logger.error(
            "A run elsewhere failed for a reason nobody foresaw.\n%s", said("".join(format_exception(error)), password)
        )
        raise Interrupted(
            f"Headroom could not make sense of what happened there ({type(error).__name__}). Nothing more was sent."
        ) from None


@sensitive_variables("password")
def said(text: str, password: str) -> str:
    """A message as the page shows it."""
    for secret in {password, quote(password, safe=""), quote(password)}:
        if secret:
            text = text.replace(secret, HIDDEN)
    for option, words in _ON_THE_PAGE:
        text = text.replace(option, words)
    return text


def _same_kind(error: HeadroomError, text: str) -> HeadroomError:
    return type(error)(text)
