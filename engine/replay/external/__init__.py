"""A replay on somebody else's cluster: own keys only, a limited rate, data commands only, everything removed afterwards."""
