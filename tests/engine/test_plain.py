"""Dataclasses survive the way through JSON text, and what is not one of theirs is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from engine.plain import from_plain, to_plain


@dataclass(frozen=True, slots=True)
class Leaf:
    bytes: int
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    leaves: tuple[Leaf, ...]
    by_name: Mapping[str, Leaf]
    first: Leaf | None = None
    seconds: tuple[int | None, ...] = ()


def through_text(tree: Tree) -> Tree:
    return from_plain(Tree, json.loads(json.dumps(to_plain(tree))))


def test_a_tree_of_records_comes_back_equal() -> None:
    tree = Tree("oak", (Leaf(1), Leaf(2, 0.5)), {"top": Leaf(3)}, Leaf(4), (1, None, 2))
    assert through_text(tree) == tree


def test_what_has_a_default_may_be_missing() -> None:
    assert from_plain(Tree, {"name": "ash", "leaves": [], "by_name": {}}) == Tree("ash", (), {})


@pytest.mark.parametrize("data", [{"name": "ash"}, {"name": "ash", "leaves": [], "by_name": {}, "height": 3}])
def test_a_missing_or_an_unknown_field_is_an_error_that_names_it(data: Mapping[str, object]) -> None:
    with pytest.raises(TypeError, match=r"leaves|height"):
        from_plain(Tree, data)
