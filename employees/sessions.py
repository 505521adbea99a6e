"""The store of sessions: Django's own over a table that knows whose each session is (Django's documented extension)."""

import contextlib

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

STARTED, SEEN = "started", "seen"  # seconds since 1970: when somebody logged in, and was last here (to five minutes)
DEVICE = "device"  # browser and system, as `employees.devices` names them


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from employees.models import Session  # the store is imported before the models are there

        return Session

    def create_model_instance(self, data):
        if SESSION_KEY in data and STARTED not in data:  # however somebody came in, their time runs from now
            data[STARTED] = data[SEEN] = timezone.now().timestamp()
        row = super().create_model_instance(data)
        with contextlib.suppress(KeyError, TypeError, ValueError):  # a visitor's
            row.account_id = int(data[SESSION_KEY])  # type: ignore[attr-defined]  # ours, not the library's
        return row
