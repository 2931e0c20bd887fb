"""Headroom's Django project: pages, sizing, prices and reports. `__version__` is the product's one version."""

from __future__ import annotations

__version__ = "0.1.0"
