"""Accidents on purpose, on clusters of our own: what a mode promises is tried, not assumed."""
