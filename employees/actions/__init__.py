"""What changes about accounts, about the days on which people are away, and about what is recorded of people."""

from .accounts import UnknownLanguage, WeakPassword, choose_language, choose_notices, create_token, set_password
from .circumstances import end_special, set_complete_until, verify_special
from .days import declare_holiday, end_leave, record_leave
from .openings import (
    create_account,
    create_accounts,
    create_named_account,
    deactivate,
    end_sessions,
    forget_password,
    reactivate,
)
from .records import (
    cancel_discipline,
    end_discipline,
    end_fact,
    record_absence,
    record_discipline,
    record_fact,
    take_back_absence,
)
from .refused import Refused
from .roles import end_role, give_role
from .sessions import end_all, end_one

__all__ = [
    "reactivate",
    "forget_password",
    "end_sessions",
    "deactivate",
    "create_named_account",
    "create_accounts",
    "create_account",
    "Refused",
    "UnknownLanguage",
    "WeakPassword",
    "cancel_discipline",
    "choose_language",
    "choose_notices",
    "create_token",
    "declare_holiday",
    "end_all",
    "end_discipline",
    "end_fact",
    "end_leave",
    "end_one",
    "end_role",
    "end_special",
    "give_role",
    "record_absence",
    "record_discipline",
    "record_fact",
    "record_leave",
    "set_complete_until",
    "set_password",
    "take_back_absence",
    "verify_special",
]
