"""Whether the process lives, and whether it can serve. No answer carries an error's text: anyone may ask."""

import logging
import re

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)
_migrated = False  # once every migration is applied, it stays so while this process runs


@login_not_required
@require_safe
def livez(request):
    """The process answers; asks nothing of others."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def readyz(request):
    """503 until database and migrations are in order. The broker is told but not required: pages need none."""
    database = _database()
    state = {
        "database": "ok" if database else "down",
        "migrations": "unknown" if not database else "ok" if _migrations() else "pending",
        "broker": "ok" if _broker() else "down",
    }
    ready = state["database"] == state["migrations"] == "ok"
    return JsonResponse(state, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        log.warning("readyz: the database does not answer", exc_info=True)
        connection.close()
        return False
    return True


def _migrations() -> bool:
    global _migrated
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except Error:
            log.warning("readyz: the migrations cannot be read", exc_info=True)
    return _migrated


def _broker() -> bool:
    # Celery's name for a Unix socket is not the client's; half a second is all a silent broker may cost here.
    url = re.sub(r"^redis\+socket://", "unix://", settings.CELERY_BROKER_URL).replace("virtual_host=", "db=")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False
