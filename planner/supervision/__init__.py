"""What `manage.py up` is made of: a lock, a few children, and a loop that keeps them alive until told to stop."""

from __future__ import annotations
