"""What is left of a shard after the loss the person wants to survive.

Three zones, copies spread evenly over them: a zone holds a third of a shard's copies, rounded up. Without a replica the loss
of a node is the loss of a shard, so whoever asks to survive one has at least one replica.
"""

from __future__ import annotations

from dataclasses import replace

from planner.sizing.model.answers import Answers

REPLICAS_AT_MOST = 5  # [doc]
ZONES = 3
NONE, NODE, ZONE, AUTO = "none", "node", "zone", "auto"
SURVIVE = (AUTO, NONE, NODE, ZONE)


def survived(answers: Answers) -> str:
    """`none`, `node` or `zone`: `auto` is a node where the person has replicas."""
    if answers.survive != AUTO:
        return answers.survive
    return NODE if answers.replicas else NONE


def settled(answers: Answers) -> Answers:
    """The same answers with `auto` decided and `replicas` as many as that takes: at least one to survive anything."""
    asked = survived(answers)
    return replace(answers, survive=asked, replicas=max(answers.replicas, 0 if asked == NONE else 1))


def by_replicas(answers: Answers) -> tuple[Answers, ...]:
    """Settled answers once for each number of replicas to search, the least first."""
    least = settled(answers)
    return tuple(replace(least, replicas=count) for count in range(least.replicas, REPLICAS_AT_MOST + 1))


def serving_copies(answers: Answers) -> int:
    """Copies of a shard that serve at the worst moment asked about."""
    copies = 1 + answers.replicas
    if answers.replicas == 0 or survived(answers) == NONE:
        return copies
    lost = 1 if survived(answers) == NODE else -(-copies // ZONES)
    return copies - lost
