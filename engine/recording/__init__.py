"""Recording a live server or cluster: MONITOR of every shard at once, redacted before anything reaches the disk."""
