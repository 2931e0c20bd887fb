"""Recordings that come with Headroom: real MONITOR output, and the scripts that made it."""

from __future__ import annotations

from pathlib import Path

ECOMMERCE = Path(__file__).with_name("ecommerce.monitor.txt.gz")
"""An online shop's mix, 24 connections for half a minute (README.md beside it says how it was recorded)."""
