"""The parts of a profile: what is counted of a stored trace, exactly where that is cheap, in sketches where not."""
