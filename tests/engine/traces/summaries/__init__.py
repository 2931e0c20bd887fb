"""Tests of what summaries of a workload become."""
