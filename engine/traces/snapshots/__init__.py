"""RDB snapshots: loaded by a real engine, counted, and turned into commands that make the same keyspace."""
