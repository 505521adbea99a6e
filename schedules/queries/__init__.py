"""What pages, API, planner and actions ask about days. Each list is a constant number of queries."""

from .cover import Cover, Person, people
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
    planned,
)
from .fairness import Balance, balance_of
from .inbox import InboxLine, decided_lately, inbox, situation, waiting_for

__all__ = [
    "HORIZON_WEEKS",
    "AppraisalLine",
    "Balance",
    "Cover",
    "DayView",
    "InboxLine",
    "Offer",
    "Person",
    "WeekView",
    "allotments_of",
    "allowing",
    "balance_of",
    "cap_rule",
    "day_facts",
    "day_rules",
    "decided_lately",
    "headline_appraisal",
    "inbox",
    "judge",
    "latest_requests",
    "my_weeks",
    "offers",
    "people",
    "person_at",
    "planned",
    "situation",
    "waiting_for",
]
