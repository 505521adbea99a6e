"""Our own system checks: what must hold for an installation to be safe (reliability.md 4.5).

Those of `ALWAYS` run with every command that checks, those of `IN_PRODUCTION` with `check --deploy`, those about the
database with `check --deploy --database default`. Web server, workers and beat ask all of them before they start
and refuse when one fails (deploy/gunicorn.conf.py, wfh_portal/celery.py).

What a check at the start cannot see: an address without an entry in the matrix is a red test (tests/guards/matrix).
"""

import logging
import re
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.admin import site
from django.core import checks
from django.db import connections
from django.utils.module_loading import import_string
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer

from employees.admin import ActionAdmin

from . import personal

log = logging.getLogger(__name__)
Found = Iterator[str]
NEEDED = {"default-src": "'none'", "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"}
EXCEPTIONS = {"/admin/", "/api/docs/"}  # rulings.md 36
LONGEST_SESSION = 12 * 3600
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
FOR_DEVELOPERS = {"debug_toolbar", "silk", "django_extensions", "django.contrib.admindocs"}
NO_MAIL = ("console", "locmem", "dummy", "filebased")


def api_is_closed() -> Found:
    rest: dict = settings.REST_FRAMEWORK
    permissions = [import_string(name) for name in rest.get("DEFAULT_PERMISSION_CLASSES", [])]
    if not permissions or any(issubclass(one, AllowAny) for one in permissions):
        yield "The API's default permission lets everybody in. Set DEFAULT_PERMISSION_CLASSES to IsAuthenticated."


def api_is_limited() -> Found:
    if not settings.REST_FRAMEWORK.get("DEFAULT_THROTTLE_CLASSES"):
        yield "The API counts no calls. Set DEFAULT_THROTTLE_CLASSES to ledger.throttle.TokenThrottle."
    if settings.REST_FRAMEWORK.get("NUM_PROXIES") is None:
        yield "NUM_PROXIES is unset, so any caller could name their own address. Set it to TRUSTED_PROXIES."


def api_is_for_programs() -> Found:
    rest: dict = settings.REST_FRAMEWORK
    ways = [import_string(name) for name in rest.get("DEFAULT_AUTHENTICATION_CLASSES", [])]
    faces = [import_string(name) for name in rest.get("DEFAULT_RENDERER_CLASSES", [])]
    if not ways or any(issubclass(one, BasicAuthentication) for one in ways):
        yield "The API takes passwords with each call. Take BasicAuthentication away."
    if not faces or any(issubclass(one, BrowsableAPIRenderer) for one in faces):
        yield "The API's browsable pages are on. Take BrowsableAPIRenderer away."


def content_policy_is_strict() -> Found:
    if "wfh_portal.middleware.PolicyMiddleware" not in settings.MIDDLEWARE:
        yield "No answer has a content policy. Put wfh_portal.middleware.PolicyMiddleware into MIDDLEWARE."
    said = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    if any("unsafe" in value for values in said.values() for value in values):
        yield "The content policy allows unsafe-*. Only the documented exceptions may."
    for name, value in NEEDED.items():
        if said.get(name) != [value]:
            yield f"The content policy must say {name} {value}."
    if set(settings.CONTENT_SECURITY_POLICY_EXCEPTIONS) - EXCEPTIONS:
        yield "The content policy has more exceptions than /admin/ and /api/docs/."


def sessions_end() -> Found:
    if settings.SESSION_COOKIE_AGE > LONGEST_SESSION:
        yield "A log-in lasts longer than 12 hours without a sign of life. Lower SESSION_COOKIE_AGE."
    if not (settings.SESSION_COOKIE_HTTPONLY and settings.CSRF_COOKIE_HTTPONLY):
        yield "Scripts can read a cookie. Set SESSION_COOKIE_HTTPONLY and CSRF_COOKIE_HTTPONLY."
    if {settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE} - {"Lax", "Strict"}:
        yield "A cookie goes along with other sites' requests. Set …_COOKIE_SAMESITE to Lax or Strict."


def jobs_are_safe() -> Found:
    from wfh_portal.celery import app

    app.autodiscover_tasks(force=True)  # a web server has not met the tasks yet
    if list(app.conf.accept_content) != ["json"]:
        yield "Workers read more than JSON from the broker. Set accept_content to json alone."
    options = app.conf.broker_transport_options
    if not app.conf.task_soft_time_limit < app.conf.task_time_limit < options.get("visibility_timeout", 0):
        yield "A task may run longer than the broker hides it, so it would run twice: soft < hard < visibility_timeout."
    if not (options.get("socket_timeout") and options.get("socket_connect_timeout")):
        yield "A silent broker would hold a process up for ever. Set socket_timeout and socket_connect_timeout."
    for name, task in app.tasks.items():
        if task.acks_late and not task.reject_on_worker_lost:
            yield f"The task {name} is lost with its worker: acks_late needs reject_on_worker_lost."


def times_have_zones() -> Found:
    if not settings.USE_TZ:
        yield "USE_TZ is off: instants would be stored without their zone."


def statements_end() -> Found:
    options = settings.DATABASES["default"].get("OPTIONS", {}).get("options", "")
    for name in TIMEOUTS:
        if f"{name}=" not in options:
            yield f"{name} is unset: one statement could hold everybody up."


def statements_end_here() -> Found:
    options = settings.DATABASES["default"]["OPTIONS"]["options"]
    if any(re.search(rf"{name}=0+(ms|s|min|h|d)?\b", options) for name in TIMEOUTS):
        yield "A time limit of the database is 0, so off. Only migrations may take their time: set STATEMENT_TIMEOUT."


def personal_columns_are_classified() -> Found:
    for name in sorted(personal.unclassified()):
        yield f"The column {name} is not classified. Say in wfh_portal/personal.py what it tells of a person."


def the_admin_is_scoped() -> Found:
    for model, model_admin in site._registry.items():
        if not isinstance(model_admin, ActionAdmin):
            yield f"{model._meta.label} stands in the admin without employees.admin.ActionAdmin, so without a scope."


def nothing_of_the_developer_runs() -> Found:
    if settings.EMBEDDED:
        yield "EMBEDDED is set: these are the servers of the demo. Take it away, and name servers of your own."
    if settings.DEBUG:
        yield "DEBUG is on: error pages would show source code and data. Take it away."
    if found := FOR_DEVELOPERS & set(settings.INSTALLED_APPS):
        yield f"Tools for developers are installed: {', '.join(sorted(found))}."


def the_broker_has_a_password() -> Found:
    url = urlsplit(settings.CELERY_BROKER_URL)
    if url.scheme != "redis+socket" and not url.password:
        yield "Anybody who reaches the broker may write tasks. Give it a password: REDIS_URL=redis://:password@host:6379/0"


def the_key_is_no_guess() -> Found:
    key = settings.SECRET_KEY
    if len(key) < 50 or len(set(key)) < 10 or key.startswith("django-insecure-"):
        yield "SECRET_KEY can be guessed, and with it every session. Make one as .env.example says."


def pages_are_encrypted() -> Found:
    if not settings.HTTPS:
        yield "Log-ins would go over the wire in the clear. PUBLIC_URL must be an https address."


def mail_is_sent() -> Found:
    if any(name in settings.EMAIL_BACKEND for name in NO_MAIL):
        yield "No mail leaves: EMAIL_URL names no mail server. For example submission://user:password@host:587"


def the_database_role_owns_nothing() -> Found:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT rolsuper, EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p'))
               FROM pg_roles r WHERE rolname = current_user"""
        )
        superuser, owner = cursor.fetchone()
    if superuser or owner:
        yield "DATABASE_URL names a role that could change the history. Use the application's, which owns no table."


ALWAYS: dict[str, Callable[[], Found]] = {
    "wfh.E001": api_is_closed,
    "wfh.E002": api_is_limited,
    "wfh.E003": api_is_for_programs,
    "wfh.E004": content_policy_is_strict,
    "wfh.E005": sessions_end,
    "wfh.E006": jobs_are_safe,
    "wfh.E007": times_have_zones,
    "wfh.E008": statements_end,
    "wfh.E009": the_admin_is_scoped,
}
IN_PRODUCTION: dict[str, Callable[[], Found]] = {
    "wfh.E020": nothing_of_the_developer_runs,
    "wfh.E021": the_broker_has_a_password,
    "wfh.E022": mail_is_sent,
    "wfh.E023": personal_columns_are_classified,
    "wfh.E024": statements_end_here,
    "wfh.E025": the_key_is_no_guess,
    "wfh.E026": pages_are_encrypted,
}
OF_THE_DATABASE: dict[str, Callable[[], Found]] = {"wfh.E030": the_database_role_owns_nothing}


def _registered(table: dict[str, Callable[[], Found]], app_configs, **kwargs) -> list[checks.CheckMessage]:
    return [checks.Error(text, id=number) for number, check in table.items() for text in check()]


def always(app_configs, **kwargs):
    return _registered(ALWAYS, app_configs)


def in_production(app_configs, **kwargs):
    return _registered(IN_PRODUCTION, app_configs)


def of_the_database(app_configs, databases=None, **kwargs):
    return _registered(OF_THE_DATABASE, app_configs) if databases else []


def register() -> None:
    """Called once, when the portal's own app is ready."""
    checks.register(always, checks.Tags.security)
    checks.register(in_production, checks.Tags.security, deploy=True)
    checks.register(of_the_database, checks.Tags.database, deploy=True)


def refusals() -> list[checks.CheckMessage]:
    """Errors for which no process starts; in demo and tests only those that hold everywhere."""
    messages = checks.run_checks(include_deployment_checks=not settings.EMBEDDED, databases=["default"])
    connections.close_all()  # the processes forked afterwards open their own
    return [message for message in messages if message.level >= checks.ERROR and not message.is_silenced()]


def refuse_what_is_unsafe() -> None:
    """End this process, with every reason printed, where it must not start. What cannot be asked is not safe."""
    try:
        found = [f"{one.id}  {one.msg}" for one in refusals()]
    except Exception as error:  # Celery would log it and go on
        log.exception("the checks of the start failed")
        found = [f"Its checks failed ({type(error).__name__}). Does the database of DATABASE_URL answer?"]
    if found:
        sys.exit("\n  ".join(["The portal refuses to start:", *found]))
