"""The records a measurement is made of, one subject a module; `engine/measurement.py` is the whole."""
