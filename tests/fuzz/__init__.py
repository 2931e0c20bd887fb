"""Arbitrary bytes through every reader: nothing but InputError comes out, and memory stays small."""

from __future__ import annotations
