"""What commands put into the replication stream, predicted without a server. Pure: knows traces, no engine process."""
