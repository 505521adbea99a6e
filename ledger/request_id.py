"""The id of the request (or task) being served; its events and its log lines carry it."""

import contextvars
import logging

REQUEST_ID: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


class RequestIdFilter(logging.Filter):
    """Puts the id on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = REQUEST_ID.get() or getattr(request, "id", "") or "-"
        return True
