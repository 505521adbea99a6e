"""Gunicorn in production, demo and tests. PORT and WEB_CONCURRENCY (number of processes) come from the environment."""

import os

from gunicorn.http import wsgi

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"  # inside the container; the proxy is the only way in
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True  # the code is loaded once; importing it opens no connection
timeout = 60
graceful_timeout = 30
worker_tmp_dir = "/tmp"  # noqa: S108  a tmpfs, the rest is read-only  # nosec B108 - a tmpfs, the rest is read-only
control_socket_disable = True  # it would be written below the home folder


_headers = wsgi.Response.default_headers


def _without_server(self):
    """No answer says which server made it; gunicorn has no setting for that."""
    return [line for line in _headers(self) if not line.startswith("Server:")]


wsgi.Response.default_headers = _without_server


def on_starting(server):
    """What is not safe does not start: each reason is printed."""
    from wfh_portal.checks import refuse_what_is_unsafe

    refuse_what_is_unsafe()
