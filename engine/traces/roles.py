"""What a word of a command is to redaction: a key, a value, a name, or nothing that says anything of anybody.

The annotation gives every word one of these; the redactor replaces words by it, in place and at the same length.
"""

from __future__ import annotations

KEEP = 0  # syntax, numbers a command parses, script bodies, stream ids
KEY = 1  # a key, a key pattern or a channel: segments are replaced, delimiters, hash tags and glob signs stay
VALUE = 2  # a payload: replaced byte for byte; a number stays a number of the same shape
NAME = 3  # a hash field, a consumer group, a consumer: like a segment of a key
SECRET = 4  # a password or user name; `(redacted)` already, whatever the options say
COORDINATE = 5  # a longitude or latitude: what stands behind the point is replaced
