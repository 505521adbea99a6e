"""What changes about accounts, and about the days on which people are away."""

from .accounts import UnknownLanguage, WeakPassword, choose_language, choose_notices, create_token, set_password
from .days import declare_holiday, end_leave, record_leave
from .refused import Refused

__all__ = [
    "Refused",
    "UnknownLanguage",
    "WeakPassword",
    "choose_language",
    "choose_notices",
    "create_token",
    "declare_holiday",
    "end_leave",
    "record_leave",
    "set_password",
]
