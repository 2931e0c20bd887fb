"""`python -m engine …`: the measuring half of Headroom on the command line, without Django.

Exit status: 0 done, 1 the work could not be finished, 2 bad input or usage, 130 stopped by the person.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from engine.errors import Cancelled, HeadroomError, InputError

SUBCOMMANDS = ("drill", "generate", "privileges", "profile", "record", "replay")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; errors worth showing become one line on standard error."""
    signal.signal(signal.SIGTERM, _stop)  # so that temporary files and engines are cleaned up on the way out
    try:
        args = _parser().parse_args(argv)
        status: int = args.run(args)
        sys.stdout.flush()
    except InputError as error:
        return _fail(error, 2)
    except (Cancelled, KeyboardInterrupt) as error:
        return _fail(error, 130)
    except HeadroomError as error:
        return _fail(error, 1)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description="Measure recorded workloads on real engines.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in SUBCOMMANDS:
        importlib.import_module(f"engine.cli.{name}").add_parser(subparsers)
    return parser


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(error: object, status: int) -> int:
    text = " ".join(str(error).split()) or "stopped."
    print(f"error: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
