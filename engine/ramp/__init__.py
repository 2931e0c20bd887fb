"""The highest rate that keeps the latency objective: which rate is tried next, when it holds, where the knee is. Pure."""
