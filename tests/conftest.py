"""The rig: a cloned database for each worker, a fixed clock, and the named cast of the house."""

import contextlib
import os
import time

import psycopg2
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import translation

from tests import factories, worlds


def pytest_configure(config):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_AUTOREFRESH = True  # static files need not be collected before the tests
    from tests import entering  # it needs the settings

    Client.force_login = entering.with_both
    # A misspelt template variable is a red test, not a blank on the page.
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = factories.UndefinedVariable()


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker):
    """Clone the migrated template database (`TEST_TEMPLATE_DB`) for this worker: 0.2 s instead of all migrations."""
    template = os.environ.get("TEST_TEMPLATE_DB")
    if not template:
        pytest.exit("Run the tests with `make test`: it starts the servers and migrates the template.", 4)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_{worker}_{os.getpid()}"
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connections["default"].settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name
    os.environ["TEST_DB_NAME"] = name
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    _drop(name)


def _drop(name):
    """FORCE ends everybody's sessions but not autovacuum's, which is a superuser's and over in a moment."""
    for patience in (0.5, 1, 2, 4, 8):
        with contextlib.suppress(psycopg2.errors.InsufficientPrivilege):
            _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        time.sleep(patience)
    _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _admin(sql):
    database = settings.DATABASES["default"]
    connection = psycopg2.connect(
        dbname="postgres",
        user=database["USER"],
        host=database["HOST"],
        port=database["PORT"] or None,
        password=database["PASSWORD"] or None,
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    if fixturedef.argname == "_django_db_helper":  # it begins the test's own transaction
        request.getfixturevalue("django_db_setup")
        worlds.before(request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    yield
    worlds.after(item, nextitem)


@pytest.fixture(autouse=True)
def everybodys_language():
    """Each test begins in the portal's own language, whatever the one before was answered in."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def english():
    """What is said is read in English."""
    with translation.override("en"):
        yield


@pytest.fixture
def at():
    """Monday 23 November 2026, 09:00 in Jakarta: 2026-W48."""
    return worlds.AT


@worlds.world
def cast(db):
    """Sari and her supervisor Budi, Dewi the HR officer and Hadi the HR head of their agency, Eko who leads a full team
    in another unit, Ratna the HR officer of another agency: the last two are strangers rich in rights."""
    return factories.cast()
