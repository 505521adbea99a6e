"""Each of our own checks goes red when what it watches is broken; a production installation has none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core import checks as django_checks
from django.db import connection

from scripts.check import PRODUCTION
from wfh_portal import checks, personal
from wfh_portal.celery import app

ROOT = Path(django_settings.BASE_DIR)
EVERY = {**checks.ALWAYS, **checks.IN_PRODUCTION, **checks.OF_THE_DATABASE}


def rest(**changed):
    return {"REST_FRAMEWORK": django_settings.REST_FRAMEWORK | changed}


def policy(**changed):
    return {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | changed}}


def without(name):
    return [one for one in django_settings.MIDDLEWARE if one != name]


def database(options):
    return {"DATABASES": {"default": django_settings.DATABASES["default"] | {"OPTIONS": {"options": options}}}}


BROKEN = [
    ("wfh.E001", rest(DEFAULT_PERMISSION_CLASSES=["rest_framework.permissions.AllowAny"])),
    ("wfh.E001", rest(DEFAULT_PERMISSION_CLASSES=[])),
    ("wfh.E002", rest(DEFAULT_THROTTLE_CLASSES=[])),
    ("wfh.E002", rest(NUM_PROXIES=None)),
    ("wfh.E003", rest(DEFAULT_AUTHENTICATION_CLASSES=["rest_framework.authentication.BasicAuthentication"])),
    ("wfh.E003", rest(DEFAULT_RENDERER_CLASSES=["rest_framework.renderers.BrowsableAPIRenderer"])),
    ("wfh.E004", {"MIDDLEWARE": without("wfh_portal.middleware.PolicyMiddleware")}),
    ("wfh.E004", policy(**{"script-src": ["'self'", "'unsafe-inline'"]})),
    ("wfh.E004", policy(**{"default-src": ["'self'"]})),
    ("wfh.E004", {"CONTENT_SECURITY_POLICY_EXCEPTIONS": {"/": {}}}),
    ("wfh.E005", {"SESSION_COOKIE_AGE": 14 * 24 * 3600}),
    ("wfh.E005", {"SESSION_COOKIE_HTTPONLY": False}),
    ("wfh.E005", {"CSRF_COOKIE_SAMESITE": "None"}),
    ("wfh.E007", {"USE_TZ": False}),
    ("wfh.E008", database("-c statement_timeout=30s -c lock_timeout=5s")),
    ("wfh.E024", database("-c statement_timeout=0 -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s")),
    ("wfh.E024", database("-c statement_timeout=30s -c lock_timeout=0s -c idle_in_transaction_session_timeout=60s")),
    ("wfh.E025", {"SECRET_KEY": "short"}),
    ("wfh.E025", {"SECRET_KEY": "a" * 64}),
    ("wfh.E025", {"SECRET_KEY": "django-insecure-" + "abcdefghijkl" * 5}),
    ("wfh.E026", {"HTTPS": False}),
    ("wfh.E020", {"EMBEDDED": True}),
    ("wfh.E020", {"EMBEDDED": False, "DEBUG": True}),
    ("wfh.E020", {"EMBEDDED": False, "INSTALLED_APPS": [*django_settings.INSTALLED_APPS, "silk"]}),
    ("wfh.E021", {"CELERY_BROKER_URL": "redis://redis:6379/0"}),
    ("wfh.E022", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
]
FINE = {
    "EMBEDDED": False,
    "HTTPS": True,
    "CELERY_BROKER_URL": "rediss://:password@redis:6379/0",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}


def found(number):
    return list(EVERY[number]())


@pytest.mark.parametrize(("number", "changed"), BROKEN)
def test_what_is_broken_is_seen(monkeypatch, number, changed):
    for name, value in FINE.items():
        monkeypatch.setattr(django_settings, name, value)
    assert found(number) == []
    for name, value in changed.items():  # without Django's signals: nothing is to be set up anew by a broken value
        monkeypatch.setattr(django_settings, name, value)
    assert found(number)


@pytest.mark.parametrize(
    "changed",
    [
        {"accept_content": ["json", "pickle"]},
        {"task_soft_time_limit": 300},
        {"task_time_limit": 4000},
        {"broker_transport_options": {"visibility_timeout": 3600}},
    ],
)
def test_jobs_that_are_not_safe_are_seen(monkeypatch, changed):
    assert found("wfh.E006") == []
    for name, value in changed.items():
        monkeypatch.setitem(app.conf.changes, name, value)
    assert found("wfh.E006")


def test_a_task_that_is_lost_with_its_worker_is_seen(monkeypatch):
    assert found("wfh.E006") == []
    monkeypatch.setattr(app.tasks["tick"], "acks_late", True)
    assert "tick" in found("wfh.E006")[0]


def test_an_admin_without_a_scope_is_seen(monkeypatch):
    model = next(iter(checks.site._registry))
    assert found("wfh.E009") == []
    monkeypatch.setitem(checks.site._registry, model, object())
    assert model._meta.label in found("wfh.E009")[0]


def test_a_column_that_nobody_classified_is_seen(monkeypatch):
    assert found("wfh.E023") == []
    monkeypatch.setitem(personal.TABLES, "employees.Employee", personal.Table())
    assert "employees.Employee.nip" in " ".join(found("wfh.E023"))


def test_a_role_that_could_change_the_history_is_seen(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wfh_app")
        assert found("wfh.E030") == []
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL ROLE wfh_owner")
        assert found("wfh.E030")


def test_every_check_has_a_test_that_breaks_it():
    text = Path(__file__).read_text()
    assert [number for number in EVERY if f'"{number}"' not in text] == []


def test_they_are_asked():
    numbers = {message.id for message in django_checks.run_checks(include_deployment_checks=True)}
    assert "wfh.E020" in numbers, "these are the tests' own servers"


def production(**changed):
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": os.environ["DATABASE_URL"], **PRODUCTION, **changed}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_production_installation_has_nothing_to_complain_of():
    assert django_settings.SILENCED_SYSTEM_CHECKS == []
    code, said = production()
    assert (code, "no issues (0 silenced)" in said) == (0, True), said


def test_what_belongs_to_a_desk_is_refused_in_production():
    desk = {"DEBUG": "1", "EMBEDDED": "1", "EMAIL_URL": "console:", "REDIS_URL": "redis://redis:6379/0"}
    code, said = production(**desk, SECRET_KEY="short", PUBLIC_URL="http://wfh.example.go.id", STATEMENT_TIMEOUT="0")
    assert code != 0
    for word in ("EMBEDDED is set", "DEBUG is on", "wfh.E021", "wfh.E022", "wfh.E024", "wfh.E025", "wfh.E026"):
        assert word in said


def test_without_a_key_nothing_starts():
    code, said = production(SECRET_KEY="")
    assert code != 0
    assert "SECRET_KEY is not set" in said


GUNICORN = ["gunicorn", "--config", "deploy/gunicorn.conf.py", "wfh_portal.wsgi"]
WORKER = ["celery", "-A", "wfh_portal", "worker", "-c", "1", "-Q", "default"]
BEAT = ["celery", "-A", "wfh_portal", "beat", "--pidfile", "", "-s"]


NOWHERE = {
    "DATABASE_URL": "postgres://portal@127.0.0.1:1/none",
    "REDIS_URL": "redis://:password@127.0.0.1:1/0",
    "PORT": "0",
}


def started(module, tmp_path, **changed):
    """A real process with an installation's environment; neither its database nor its broker answers here."""
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **PRODUCTION, **NOWHERE, **changed}
    command = [sys.executable, "-m", *module, *([str(tmp_path / "schedule")] if module is BEAT else [])]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def as_the_application():
    """The address of the database under the role that production has."""
    return os.environ["DATABASE_URL"].replace("//wfh_owner", "//wfh_app")


@pytest.mark.parametrize("module", [GUNICORN, WORKER, BEAT], ids=["web", "worker", "beat"])
def test_no_process_starts_on_what_is_unsafe(module, tmp_path):
    changed = {"EMAIL_URL": "console:", "REDIS_URL": "redis://127.0.0.1:1/0"}
    with started(module, tmp_path, DATABASE_URL=as_the_application(), **changed) as process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 1, said
    assert "The portal refuses to start" in said
    assert "wfh.E021" in said
    assert "wfh.E022" in said


def test_what_cannot_be_asked_is_not_safe(tmp_path):
    with started(WORKER, tmp_path) as process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 1, said
    assert "Does the database of DATABASE_URL answer?" in said


@pytest.mark.parametrize("module", [WORKER, BEAT], ids=["worker", "beat"])
def test_what_is_safe_starts(module, tmp_path):
    """The twin: with what is asked for, they go on to the broker, which they miss."""
    with started(module, tmp_path, DATABASE_URL=as_the_application()) as process:
        said = ""
        for line in process.stdout:
            said += line
            if "refused" in line or "refuses" in line:
                break
        process.kill()
    assert "127.0.0.1:1. Connection refused" in said
    assert "refuses to start" not in said
