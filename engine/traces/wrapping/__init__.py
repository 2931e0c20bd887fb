"""Wrappings of an input taken off while it is read: gzip, zstd, zip, tar; recognised by content, within limits.

`unwrap` gives the files inside as members any reader can take; nothing is unpacked to disk.
"""

from __future__ import annotations

from engine.traces.wrapping.members import Unwrapped, WrappedMember, unwrap

__all__ = ["Unwrapped", "WrappedMember", "unwrap"]
