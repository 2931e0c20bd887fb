"""The parts of workload generation: files read, variables drawn, commands written. Its door is `engine.traces.synthesis`."""

from __future__ import annotations
