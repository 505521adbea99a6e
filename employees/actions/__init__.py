"""What changes about accounts, about the days on which people are away, and about what is recorded of people."""

from .accounts import UnknownLanguage, WeakPassword, choose_language, choose_notices, create_token, set_password
from .circumstances import end_special, set_complete_until, verify_special
from .connections import end_calendar, end_own_token, make_own_token, renew_calendar, renew_own_token
from .data_requests import answer_correction, ask_correction, withdraw_correction
from .days import declare_holiday, end_leave, move_holiday, record_leave, withdraw_holiday
from .factors import add_app, add_passkey, remove_factor, renew_codes, use_code
from .openings import (
    create_account,
    create_accounts,
    create_named_account,
    deactivate,
    end_sessions,
    forget_password,
    reactivate,
    reset_factors,
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
from .sessions import end_all, end_one, end_others

__all__ = [
    "Refused",
    "UnknownLanguage",
    "WeakPassword",
    "add_app",
    "add_passkey",
    "answer_correction",
    "ask_correction",
    "cancel_discipline",
    "choose_language",
    "choose_notices",
    "create_account",
    "create_accounts",
    "create_named_account",
    "create_token",
    "deactivate",
    "declare_holiday",
    "end_all",
    "end_calendar",
    "end_discipline",
    "end_fact",
    "end_leave",
    "end_one",
    "end_others",
    "end_own_token",
    "end_role",
    "end_sessions",
    "end_special",
    "forget_password",
    "give_role",
    "make_own_token",
    "move_holiday",
    "reactivate",
    "record_absence",
    "record_discipline",
    "record_fact",
    "record_leave",
    "remove_factor",
    "renew_calendar",
    "renew_codes",
    "renew_own_token",
    "reset_factors",
    "set_complete_until",
    "set_password",
    "take_back_absence",
    "use_code",
    "verify_special",
    "withdraw_correction",
    "withdraw_holiday",
]
