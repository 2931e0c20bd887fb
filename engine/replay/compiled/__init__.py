"""The player as compiled loops: the same rules as `engine/replay/player.py`, at the speed of a client written in C."""
