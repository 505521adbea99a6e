"""What pages, API, planner and actions ask about days. Each list is a constant number of queries."""

from .cover import Cover
from .days import (
    HORIZON_WEEKS,
    AppraisalLine,
    DayView,
    Offer,
    WeekView,
    allotments_of,
    allowing,
    cap_rule,
    day_facts,
    day_rules,
    headline_appraisal,
    judge,
    latest_requests,
    my_weeks,
    offers,
    person_at,
    placed_within,
    planned,
    policies_of_week,
)
from .decisions import published_decisions
from .fairness import Balance, balance_of
from .inbox import InboxLine, decided_lately, inbox, situation, waiting_for
from .mine import OwnDay, Swappable, own_day, requests_of, swappable, wishes_of
from .person import Person, people
from .team import oversees
from .terms import answer_term, duties_in_weeks, duties_of

__all__ = [
    "HORIZON_WEEKS",
    "AppraisalLine",
    "Balance",
    "Cover",
    "DayView",
    "InboxLine",
    "Offer",
    "OwnDay",
    "Person",
    "Swappable",
    "WeekView",
    "allotments_of",
    "allowing",
    "answer_term",
    "balance_of",
    "cap_rule",
    "day_facts",
    "day_rules",
    "decided_lately",
    "duties_in_weeks",
    "duties_of",
    "headline_appraisal",
    "inbox",
    "judge",
    "latest_requests",
    "my_weeks",
    "offers",
    "oversees",
    "own_day",
    "people",
    "person_at",
    "placed_within",
    "planned",
    "policies_of_week",
    "published_decisions",
    "requests_of",
    "situation",
    "swappable",
    "waiting_for",
    "wishes_of",
]
