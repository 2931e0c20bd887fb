"""Summaries of a workload in place of a recording: monitoring exports, server statistics, numbers typed by hand."""
