"""What people are told: one notice a transition and person, in their language, by mail or push; in their quiet hours
later, or once a day. Links lead to a page; nothing is decided by opening one."""

from .devices import deliver_push
from .kinds import PAGES
from .letters import Letter, deliver, spoken
from .push import post_push
from .telling import tell, tell_each, tell_many, tell_plan

__all__ = [
    "PAGES",
    "Letter",
    "deliver",
    "deliver_push",
    "post_push",
    "spoken",
    "tell",
    "tell_each",
    "tell_many",
    "tell_plan",
]
