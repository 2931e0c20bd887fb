"""An online shop as a seeded stream of commands: what stands in the engine before, and what visitors then do.

Pure: the same seed and figures give the same commands on the same connections at the same due times. Nothing here
talks to an engine. Popularity of products and users follows Zipf's law; every command stays within one key.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.traces.samples.goods import Popularity, address, category, page, person, price_of, product_of, sku, welcome
from engine.traces.samples.words import AGENTS, CITIES, SIZES, WORDS

Command = tuple[str, ...]

OPENED_S = 1_767_636_000  # 2026-01-05 18:00 UTC, the shop's own clock: content depends on the seed alone
SESSION_S, PAGE_S, CART_S, RATE_WINDOW_S = 1800, 3600, 7 * 86_400, 60
RATE_LIMIT = 120
SCRIPT = """local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
if n > tonumber(ARGV[2]) then return 0 end
return 1"""


@dataclass(frozen=True, slots=True)
class Step:
    """`commands` leave together on `connection`, `due_us` after the start. More than one command: a transaction."""

    due_us: int
    connection: int
    commands: tuple[Command, ...]


class Shop:
    """The shop's state as its own visitors know it: who is signed in, what is in the carts, which pages are cached."""

    def __init__(self, *, seed: int, products: int = 20_000, users: int = 24_000) -> None:
        self._rng = random.Random(seed)
        self._products, self._users = products, users
        self._product = Popularity(self._rng, products, 0.95)
        self._user = Popularity(self._rng, users, 0.8)
        self._cached: set[int] = set()
        self._sessions: dict[int, str] = {}
        self._carts: dict[int, dict[str, int]] = {}
        self._wishes: dict[int, set[str]] = {}
        self._orders = 700_000
        self._now_s = float(OPENED_S)

    # What stands in the engine before the recording starts

    def population(self) -> Iterator[Command]:
        """Commands that build the keyspace visitors find: most pages cached, evening's sessions, carts and lists."""
        for product in range(self._products):
            yield ("SET", f"stock:{sku(product)}", str(self._rng.randint(3, 900)))
            if self._rng.random() < 0.9:
                yield self._fill_page(product)
        yield from self._bestsellers()
        for user in range(self._users):
            yield self._save_profile(user)
            if self._rng.random() < 0.5:
                yield from self._visited_before(user)

    def _bestsellers(self) -> Iterator[Command]:
        for _ in range(min(4_000, self._products)):
            product = self._product.draw()
            score = str(self._rng.randint(1, 60))
            yield ("ZINCRBY", "bestsellers:daily", score, sku(product))
            yield ("ZINCRBY", f"bestsellers:{category(product)}", score, sku(product))

    def _visited_before(self, user: int) -> Iterator[Command]:
        yield self._open_session(user)
        yield ("LPUSH", f"recent:{user}", *(sku(self._product.draw()) for _ in range(self._rng.randint(2, 20))))
        if self._rng.random() < 0.4:
            for _ in range(self._rng.randint(1, 6)):
                yield self._put_in_cart(user, self._product.draw())
            yield ("EXPIRE", f"cart:{user}", str(CART_S))
        if self._rng.random() < 0.3:
            for _ in range(self._rng.randint(1, 8)):
                yield self._wish(user, self._product.draw())

    # What visitors do

    def visits(self, *, seconds: float, commands_per_s: float, connections: int) -> list[Step]:
        """Page views with exponential gaps, each a few commands about a millisecond apart on one pooled connection."""
        steps: list[Step] = []
        now_us, visits_per_s = 0.0, commands_per_s / COMMANDS_PER_VISIT
        while (now_us := now_us + self._rng.expovariate(visits_per_s) * 1e6) < seconds * 1e6:
            self._now_s = OPENED_S + now_us / 1e6
            connection, due_us = self._rng.randrange(connections), now_us
            for commands in self._visit():
                steps.append(Step(int(due_us), connection, commands))
                due_us += self._rng.expovariate(1 / 1200)
        return sorted(steps, key=lambda step: step.due_us)

    def _visit(self) -> Iterator[tuple[Command, ...]]:
        user = self._user.draw()
        [action] = self._rng.choices(list(ACTIONS), list(ACTIONS.values()))
        if self._rng.random() < 0.12:
            yield self._rate_limit(user)
        yield from self._signed_in(user)
        for command in action(self, user):
            yield (command,)

    def _signed_in(self, user: int) -> Iterator[tuple[Command, ...]]:
        if user not in self._sessions or self._rng.random() < 0.01:
            yield from ((command,) for command in self._sign_in(user))
        elif self._rng.random() < 0.1:
            yield (("GETEX", f"session:{self._sessions[user]}", "EX", str(SESSION_S)),)
        else:
            yield (("GET", f"session:{self._sessions[user]}"),)

    def _rate_limit(self, user: int) -> tuple[Command, ...]:
        key = f"rate:{address(user)}:{int(self._now_s) // 60}"
        if self._rng.random() < 0.35:
            return (("EVAL", SCRIPT, "1", key, str(RATE_WINDOW_S), str(RATE_LIMIT)),)
        return (("MULTI",), ("INCR", key), ("EXPIRE", key, str(RATE_WINDOW_S)), ("EXEC",))

    def _sign_in(self, user: int) -> Iterator[Command]:
        flash = self._token()
        yield ("HGETALL", f"user:{user}")
        yield self._open_session(user)
        yield ("SET", f"flash:{flash}", welcome(user), "EX", str(self._rng.randint(5, 10)))
        yield ("GET", f"flash:{flash}")

    def _browse(self, user: int) -> Iterator[Command]:
        shelf = category(self._product.draw())
        yield ("ZREVRANGE", f"bestsellers:{shelf}", "0", "9", "WITHSCORES")
        for _ in range(self._rng.randint(4, 9)):
            yield from self._read_page(self._product.draw())

    def _view(self, user: int) -> Iterator[Command]:
        product = self._product.draw()
        yield from self._read_page(product)
        yield ("GET", f"stock:{sku(product)}")
        yield ("SISMEMBER", f"wishlist:{user}", sku(product))
        yield ("LRANGE", f"recent:{user}", "0", "9")
        for _ in range(2):
            yield from self._read_page(self._product.draw())
        yield ("LPUSH", f"recent:{user}", sku(product))
        yield ("LTRIM", f"recent:{user}", "0", "19")

    def _add_to_cart(self, user: int) -> Iterator[Command]:
        product = self._product.draw()
        yield ("GET", f"stock:{sku(product)}")
        yield self._put_in_cart(user, product)
        yield ("EXPIRE", f"cart:{user}", str(CART_S))
        yield ("HGETALL", f"cart:{user}")

    def _read_cart(self, user: int) -> Iterator[Command]:
        yield ("HGETALL", f"cart:{user}")
        for name in self._carts.get(user, {}):
            yield from self._read_page(product_of(name))
            yield ("GET", f"stock:{name}")

    def _take_out_of_cart(self, user: int) -> Iterator[Command]:
        yield ("HGETALL", f"cart:{user}")
        if cart := self._carts.get(user):
            name = self._rng.choice(list(cart))
            del cart[name]
            yield ("HDEL", f"cart:{user}", name)
            yield ("HGETALL", f"cart:{user}")

    def _check_out(self, user: int) -> Iterator[Command]:
        yield ("HGETALL", f"cart:{user}")
        if not (cart := self._carts.pop(user, None)):
            return
        for name, quantity in cart.items():
            yield ("DECRBY", f"stock:{name}", str(quantity))
            yield ("ZINCRBY", "bestsellers:daily", str(quantity), name)
            yield ("ZINCRBY", f"bestsellers:{category(product_of(name))}", str(quantity), name)
        self._orders += 1
        lines = json.dumps(cart, separators=(",", ":"))
        yield ("HSET", f"order:{self._orders}", "user", str(user), "lines", lines, "state", "paid", "at", self._clock())
        yield ("DEL", f"cart:{user}")
        yield self._save_session(user)

    def _wish_list(self, user: int) -> Iterator[Command]:
        yield ("SMEMBERS", f"wishlist:{user}")
        wishes = self._wishes.get(user)
        if wishes and self._rng.random() < 0.3:
            name = sorted(wishes)[0]
            wishes.remove(name)
            yield ("SREM", f"wishlist:{user}", name)
        else:
            yield self._wish(user, self._product.draw())

    def _leaderboard(self, user: int) -> Iterator[Command]:
        yield ("ZREVRANGE", "bestsellers:daily", "0", "9", "WITHSCORES")
        yield ("ZSCORE", "bestsellers:daily", sku(self._product.draw()))
        for _ in range(3):
            yield from self._read_page(self._product.draw())

    def _account(self, user: int) -> Iterator[Command]:
        yield ("HGETALL", f"user:{user}")
        if self._rng.random() < 0.3:
            yield self._save_profile(user)
        yield self._save_session(user)

    def _restock(self, _: int) -> Iterator[Command]:
        """The back office: counted stock, a changed price, a rank set by hand."""
        product = self._product.draw()
        yield ("SET", f"stock:{sku(product)}", str(self._rng.randint(40, 900)))
        yield self._fill_page(product)
        yield ("ZADD", f"bestsellers:{category(product)}", str(self._rng.randint(1, 60)), sku(product))

    # Single commands with their content

    def _read_page(self, product: int) -> Iterator[Command]:
        yield ("GET", f"product:{sku(product)}")
        if product not in self._cached:
            yield self._fill_page(product)

    def _fill_page(self, product: int) -> Command:
        self._cached.add(product)
        return ("SET", f"product:{sku(product)}", page(self._rng, product, self._clock()), "EX", str(PAGE_S))

    def _open_session(self, user: int) -> Command:
        self._sessions[user] = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        return self._save_session(user)

    def _save_session(self, user: int) -> Command:
        return ("SET", f"session:{self._sessions[user]}", self._session(user), "EX", str(SESSION_S))

    def _put_in_cart(self, user: int, product: int) -> Command:
        quantity, price = self._rng.choice((1, 1, 1, 2, 3)), price_of(product)
        self._carts.setdefault(user, {})[sku(product)] = quantity
        line = {"qty": quantity, "price": price, "size": self._rng.choice(SIZES), "added": self._clock()}
        return ("HSET", f"cart:{user}", sku(product), json.dumps(line, separators=(",", ":")))

    def _wish(self, user: int, product: int) -> Command:
        self._wishes.setdefault(user, set()).add(sku(product))
        return ("SADD", f"wishlist:{user}", sku(product))

    def _save_profile(self, user: int) -> Command:
        name = person(user)
        profile = {
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}{user}@example.com",
            "city": self._rng.choice(CITIES),
            "tier": self._rng.choice(("basic", "basic", "silver", "gold")),
            "seen": self._clock(),
        }
        return ("HSET", f"user:{user}", *(word for pair in profile.items() for word in pair))

    def _session(self, user: int) -> str:
        session = {
            "user": user,
            "name": person(user),
            "csrf": self._token(),
            "ip": address(user),
            "agent": self._rng.choice(AGENTS),
            "locale": self._rng.choice(("en-GB", "de-DE", "fr-FR", "nl-NL")),
            "seen": self._clock(),
            "basket": len(self._carts.get(user, {})),
            "ab": self._rng.sample(WORDS, 3),
            "trail": [sku(self._product.draw()) for _ in range(self._rng.randint(2, 14))],
        }
        return json.dumps(session, separators=(",", ":"))

    def _token(self) -> str:
        return f"{self._rng.getrandbits(128):032x}"

    def _clock(self) -> str:
        return f"{self._now_s:.3f}"


ACTIONS: dict[Callable[[Shop, int], Iterator[Command]], float] = {
    Shop._browse: 30,
    Shop._view: 30,
    Shop._read_cart: 10,
    Shop._add_to_cart: 9,
    Shop._leaderboard: 5,
    Shop._account: 5,
    Shop._wish_list: 4,
    Shop._restock: 3,
    Shop._check_out: 3,
    Shop._take_out_of_cart: 2,
}
COMMANDS_PER_VISIT = 8.3  # mean of the mix above; only the rate leans on it
