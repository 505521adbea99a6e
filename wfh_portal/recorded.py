"""What the history of rows knows of who changed them: the account and request, or the job that ran.

The triggers copy this context into every history row, whichever way the row was changed (rulings.md 12).
"""

import uuid

import pghistory
from celery import Task
from pghistory.middleware import HistoryMiddleware

from ledger.request_id import REQUEST_ID


class RecordedMiddleware(HistoryMiddleware):
    """The account and the request's id; no address, for one may carry what belongs in no history."""

    def get_context(self, request) -> dict:
        return {"user": super().get_context(request)["user"], "request": REQUEST_ID.get()}


class RecordedTask(Task):
    """Base of every job: its name and an id of its own stand on its history rows, its events and its log lines."""

    abstract = True

    def __call__(self, *args, **kwargs):
        token = REQUEST_ID.set(REQUEST_ID.get() or self.request.id or str(uuid.uuid4()))
        try:
            with pghistory.context(user=None, job=self.name, request=REQUEST_ID.get()):
                return super().__call__(*args, **kwargs)
        finally:
            REQUEST_ID.reset(token)
