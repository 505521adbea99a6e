"""Facts → verdicts → changes, as SQL. The same SELECT serves five million people or one, so the weekly run, "why?",
"what would it be now?" and "what would change if?" cannot drift apart (architecture.md, "The engine")."""

from .computing import compute, tidy, withdraw
from .evidence import codes_by_rule, misjudged
from .facts import KEY, Scope, context_of, execute, periods
from .judging import FACTS, Verdicts, facts_of, one, prepare, verdicts, week_rules

__all__ = [
    "FACTS",
    "KEY",
    "Scope",
    "Verdicts",
    "codes_by_rule",
    "compute",
    "context_of",
    "execute",
    "facts_of",
    "misjudged",
    "one",
    "periods",
    "prepare",
    "tidy",
    "verdicts",
    "week_rules",
    "withdraw",
]
