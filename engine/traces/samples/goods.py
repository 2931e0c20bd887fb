"""What the sample shop's products and users are called, how popular they are, and what their pages say."""

from __future__ import annotations

import bisect
import itertools
import json
import random

from engine.traces.samples.words import CATEGORIES, COLOURS, NAMES, SIZES, WORDS


class Popularity:
    """Draws 0..count-1 with weight 1 / (rank + shift) ** exponent; ranks are shuffled so that names tell nothing."""

    def __init__(self, rng: random.Random, count: int, exponent: float, shift: float = 2.0) -> None:
        self._rng = rng
        self._cumulative = list(itertools.accumulate((rank + shift) ** -exponent for rank in range(count)))
        self._names = rng.sample(range(count), count)

    def draw(self) -> int:
        point = self._rng.random() * self._cumulative[-1]
        return self._names[bisect.bisect(self._cumulative, point)]


def sku(product: int) -> str:
    return f"SKU{product:06d}"


def product_of(name: str) -> int:
    return int(name.removeprefix("SKU"))


def category(product: int) -> str:
    return CATEGORIES[product % len(CATEGORIES)]


def price_of(product: int) -> str:
    return f"{4 + product * 7919 % 19_500 / 100:.2f}"


def person(user: int) -> str:
    return f"{NAMES[user % len(NAMES)]} {NAMES[user * 31 % len(NAMES)]}"


def address(user: int) -> str:
    """An address of the range that is set aside for benchmarks (RFC 2544); some users share one."""
    return f"198.18.{user * 13 % 9_000 // 250}.{user * 13 % 250 + 1}"


def page(rng: random.Random, product: int, clock: str) -> str:
    """A product page as JSON, 0.4 to 2.2 KB."""
    name = sku(product)
    content = {
        "sku": name,
        "title": " ".join(rng.sample(WORDS, 4)).capitalize(),
        "category": category(product),
        "price": price_of(product),
        "currency": "EUR",
        "colours": rng.sample(COLOURS, 3),
        "sizes": SIZES,
        "images": [f"/media/{name}/{number}.webp" for number in range(rng.randint(2, 6))],
        "rating": round(rng.uniform(3, 5), 2),
        "reviews": rng.randint(0, 900),
        "updated": clock,
        "description": " ".join(rng.choices(WORDS, k=int(min(270, 20 + rng.expovariate(1 / 70))))),
    }
    return json.dumps(content, separators=(",", ":"))


def welcome(user: int) -> str:
    return json.dumps({"user": user, "level": "info", "text": f"Welcome back, {person(user)}"})
