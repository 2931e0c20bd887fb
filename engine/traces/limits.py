"""Every limit that hostile or mistaken input meets while it is read, in one place."""

from __future__ import annotations

HEAD_BYTES = 64 << 10  # of a file's beginning, looked at to recognise its format
BLOCK_BYTES = 1 << 20  # a file is read and unpacked in pieces of this size
MAX_WORD_BYTES = 64 << 20  # one argument of a command; engines take up to 512 MB, no recording here needs that
MAX_COMMAND_BYTES = 64 << 20  # one command or one line
MAX_COMMAND_WORDS = 1 << 20
MAX_CLIENTS = 1 << 20  # told apart; further ones share these numbers

MAX_UNPACKED_BYTES = 1 << 40  # of all members of an archive together
MAX_UNPACKED_RATIO = 250  # unpacked bytes for one packed byte, looked at from `RATIO_FROM_BYTES` on
RATIO_FROM_BYTES = 64 << 20
MAX_MEMBERS = 1_000  # files in an archive
MAX_NESTING = 2  # a .gz inside a .zip is fine, an archive inside an archive is not
MAX_NAME_BYTES = 255

MAX_RDB_BYTES = 64 << 30
RDB_SECONDS = 600  # the engine may take this long to load a snapshot
MAX_RESIDENT_BYTES = 400 << 20  # what reading may hold in memory, whatever the input's size
