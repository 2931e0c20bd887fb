"""Figures and choices with a tag that says where they come from, and answers made of them."""

from __future__ import annotations

from dataclasses import dataclass

TAGS = ("measured", "recorded", "assumed", "published", "derived")


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that was not measured, or a choice that moves the result; shown to the user with its tag."""

    name: str
    value: str
    tag: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an answer, with its unit, and where it comes from."""

    name: str
    value: str
    tag: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question users really ask, and its answer in a sentence. `answer` None: not known, and `reason` says why."""

    id: str
    question: str
    answer: str | None
    figures: tuple[Figure, ...] = ()
    reason: str = ""
