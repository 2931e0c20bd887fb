"""Uploads go straight to disk, and never more of them than `HEADROOM_UPLOAD_MAX_BYTES`.

A file that is too large is counted to its end but no longer stored: the form can name its size and refuse it with a
sentence, where breaking the connection would leave the person with the browser's error page.
"""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """A temporary file on disk, emptied once it is known to be too large; its `size` still says what was sent."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Store one piece, unless it would take the file past the limit."""
        if start + len(raw_data) <= settings.HEADROOM_UPLOAD_MAX_BYTES:
            return super().receive_data_chunk(raw_data, start)
        if self.file.file is not None:
            self.file.file.seek(0)
            self.file.file.truncate()
        return None
