"""From a command's words to its meaning: names, keys, payload, times to live, flags, and a role for every word."""
