"""From packets to commands: files of packets, TCP streams, the protocol's two directions, and replies to requests."""

from __future__ import annotations
