"""Somebody else's cluster: which addresses may be reached, how to sign in, what may be asked of its nodes."""
