"""The questions users really ask (FACTS), each answered by figures of this estimate.

Pure: a question is a function from a `Case` to a sentence with its figures and their tags. One whose figures are missing says
why, and never guesses.
"""

from __future__ import annotations

from collections.abc import Callable

from planner.sizing.model.figures import Question
from planner.sizing.questions import bills, fits, savings, services
from planner.sizing.questions.case import Case, NotKnown, Said

# id, question, who answers it
ASKED: tuple[tuple[str, str, Callable[[Case], Said]], ...] = (
    ("cost", "What will it cost, data written included?", bills.what_it_costs),
    ("serverless", "Node-based or serverless?", services.nodes_or_serverless),
    (
        "which-service",
        "DynamoDB, ElastiCache or MemoryDB for 30k reads/s, 5k writes/s, 100 GB?",
        services.which_service,
    ),
    ("durability", "Is durability worth it?", services.is_durability_worth_it),
    ("memory", "How much memory will my keys take?", fits.how_much_memory),
    ("start-node", "Which node do I start with?", fits.which_node),
    ("shrink", "Can I shrink, given past peaks?", fits.can_it_shrink),
    ("network", "Am I sized by network and not by memory?", fits.network_or_memory),
    ("cross-az", "What does cross-AZ traffic cost?", bills.between_zones),
    ("serverless-bill", "Why did serverless overrun, or cost about $100 idle?", services.why_serverless_costs),
    ("rdb", "Why is my RDB smaller than memory?", fits.why_the_rdb_is_smaller),
    ("headroom", "How much headroom for failover and backups?", fits.how_much_headroom),
    ("reserved", "What do reserved nodes save?", savings.reserved_nodes),
    ("valkey", "What does Valkey save?", savings.valkey),
    ("cache", "Will a cache shrink my database bill, and at what hit rate?", savings.cache_before_database),
)


def questions_of(case: Case) -> tuple[Question, ...]:
    """Every question, answered or with the reason why not."""
    return tuple(_asked(identifier, text, answer, case) for identifier, text, answer in ASKED)


def _asked(identifier: str, text: str, answer: Callable[[Case], Said], case: Case) -> Question:
    try:
        sentence, figures = answer(case)
    except NotKnown as reason:
        return Question(identifier, text, None, reason=str(reason))
    return Question(identifier, text, sentence, figures)
