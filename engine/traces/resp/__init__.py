"""Commands in the wire format, as append-only files hold them: measured, split into words, read as a stream."""
