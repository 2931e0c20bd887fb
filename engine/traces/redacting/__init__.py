"""The parts of redaction: how keys, values and numbers are replaced by keyed ones of the same shape."""
