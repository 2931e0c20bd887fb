"""How a job's phase and state read on a page."""

from __future__ import annotations

# Phase -> what it is called, what somebody is doing meanwhile.
_PHASES = {
    "": ("Starting", "it was starting"),
    "read": ("Reading the recording", "it was reading the recording"),
    "generate": ("Generating the workload", "the workload was being generated"),
    "profile": ("Looking at what is in it", "it was profiling the recording"),
    "privileges": ("Working out what each client needs", "it was working out what each client needs"),
    "items": ("Counting database requests", "it was counting database requests"),
    "hit rate": ("Simulating cache sizes", "it was simulating cache sizes"),
    "predict": ("Predicting the data written", "the data written was being predicted"),
    "plan": ("Planning the run", "the run was being planned"),
    "calibrate": ("Calibrating this machine", "this machine was being calibrated"),
    "boot": ("Starting the cluster", "the cluster was starting"),
    "prepare": ("Filling in the keys the recording started from", "the keys were being prepared"),
    "replay": ("Replaying the recording", "the recording was being replayed"),
    "settle": ("Letting memory settle", "memory was settling"),
    "snapshot": ("Taking a snapshot", "a snapshot was being taken"),
    "ramp": ("Looking for the highest rate", "the highest rate was being looked for"),
    "collect": ("Collecting the results", "the results were being collected"),
    "connect": ("Connecting", "it was connecting"),
    "look": ("Looking at what stands there", "it was looking at what stands there"),
    "measure": ("Weighing our own keys", "our own keys were being weighed"),
    "clean up": ("Removing our own keys", "our own keys were being removed"),
    "written": ("Predicting what could not be measured", "what could not be measured was being predicted"),
    "estimate": ("Sizing and pricing", "the estimate was being made"),
}

STATES = {
    "queued": "Waiting to start",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "interrupted": "Interrupted",
}


def phase_title(phase: str) -> str:
    """What a phase is called: `replay` is `Replaying the recording`."""
    return _PHASES[phase][0] if phase in _PHASES else phase.replace("_", " ").capitalize()


def doing(phase: str) -> str:
    """What went on in a phase, to follow the word "while"."""
    return _PHASES[phase][1] if phase in _PHASES else f"it was in phase {phase.replace('_', ' ')}"
