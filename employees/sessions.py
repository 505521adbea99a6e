"""The store of sessions: Django's own over a table that knows whose each session is (Django's documented extension)."""

import contextlib

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from employees.models import Session  # the store is imported before the models are there

        return Session

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        with contextlib.suppress(KeyError, TypeError, ValueError):  # a visitor's
            row.account_id = int(data[SESSION_KEY])
        return row
