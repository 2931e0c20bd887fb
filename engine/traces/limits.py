"""Every limit that hostile or mistaken input meets while it is read, in one place."""

from __future__ import annotations

HEAD_BYTES = 64 << 10  # of a file's beginning, looked at to recognise its format
BLOCK_BYTES = 1 << 20  # a file is read and unpacked in pieces of this size
MAX_WORD_BYTES = 64 << 20  # one argument of a command; engines take up to 512 MB, no recording here needs that
MAX_COMMAND_BYTES = 64 << 20  # one command or one line
MAX_COMMAND_WORDS = 1 << 20
MAX_CLIENTS = 1 << 19  # told apart; further ones share these numbers

MAX_UNPACKED_BYTES = 1 << 40  # of all members of an archive together
MAX_UNPACKED_RATIO = 250  # unpacked bytes for one packed byte, looked at from `RATIO_FROM_BYTES` on
RATIO_FROM_BYTES = 64 << 20
MAX_MEMBERS = 1_000  # files in an archive
MAX_NESTING = 2  # a .gz inside a .zip is fine, an archive inside an archive is not
MAX_NAME_BYTES = 255

MAX_RDB_BYTES = 64 << 30
RDB_SECONDS = 600  # the engine may take this long to load a snapshot
MAX_RESIDENT_BYTES = 400 << 20  # what reading may hold in memory, whatever the input's size
MAX_SNAPSHOT_MEMORY_BYTES = 64 << 30  # address space of the engine that loads a snapshot; never more than is free
MAX_SNAPSHOT_OUTPUT_BYTES = 16 << 20  # of messages and files which that engine may write
MAX_SNAPSHOT_FAMILIES = 2_000  # key families told apart in the statistics of a snapshot; the others are added up
SNAPSHOT_CHUNK_BYTES = 1 << 20  # of one command that recreates a part of a large key
SNAPSHOT_CHUNK_ELEMENTS = 1_000

MAX_PACKET_BYTES = 1 << 20  # captured of one packet; capture tools stop at 256 KiB
MAX_CAPTURE_BLOCK_BYTES = 64 << 20  # of a pcapng block that holds no packet and is passed over
MAX_INTERFACES = 1 << 16  # described in one pcapng section
MAX_OPEN_CONNECTIONS = 20_000  # followed at once; the one silent for longest is let go
MAX_CONNECTION_BYTES = 96 << 20  # held for all of them together: unfinished commands and packets out of order
MAX_OUT_OF_ORDER_BYTES = 4 << 20  # held behind a hole in one direction of one connection
MAX_OUT_OF_ORDER_PACKETS = 4_096
HOLE_US = 2_000_000  # a hole not filled within this time was lost by the capture
HOLE_PACKETS = 64  # a hole the receiver acknowledged is lost once so many further packets have passed
MAX_WAITING_COMMANDS = 16_384  # sent on one connection and not yet answered
MAX_REPLY_DEPTH = 128
MAX_REPLY_LINE_BYTES = 1 << 20
MAX_INLINE_BYTES = 64 << 10  # engines refuse longer ones too
WINDOW_COMMANDS = 65_536  # held back for their replies, and put in order of time
WINDOW_BYTES = 48 << 20
