"""Uploads go straight to disk, and never more of them than `HEADROOM_UPLOAD_MAX_BYTES` in one request.

What is too much is counted to its end but no longer stored: the form can name the size and refuse it with a sentence,
where breaking the connection would leave the person with the browser's error page.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Temporary files on disk, emptied once together they are too large; their `size` still says what was sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Store one piece, unless it would take the files of this request past the limit."""
        self._received += len(raw_data)
        if self._received <= settings.HEADROOM_UPLOAD_MAX_BYTES:
            return super().receive_data_chunk(raw_data, start)
        if self.file.file is not None:
            self.file.file.seek(0)
            self.file.file.truncate()
        return None
