"""Tests of what lies between packets and commands."""

from __future__ import annotations
