"""The subcommands of `python -m engine`: each module has `add_parser(subparsers)` and `run(args) -> exit status`."""

from __future__ import annotations
