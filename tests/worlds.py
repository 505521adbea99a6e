"""What many tests begin with is made once and stands while the tests of a module need it.

A fixture under `@world` makes rows and returns what names them. Before a test's own transaction begins, the worlds that
it asks for are made, each in a transaction around the next one: the cast, then the planned week, then the test. After
the test only its own transaction is undone. The next test finds the worlds that it shares as they were made, and gets
copies of the objects, so nothing of one test reaches another. A test that asks for other worlds, or for none, has those
that it does not ask for taken down before it begins.

A world is made in the portal's language at the moment `AT`, whatever test is the first to ask for it. It may ask for
other worlds and for fixtures without rows. Where that order cannot be kept (a fixture with rows of its own comes before
it, the test commits), it is made within the test, as any fixture is.
"""

import copy
import datetime as dt
import functools
import inspect
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from pytest_django.plugin import blocking_manager_key

JAKARTA = ZoneInfo("Asia/Jakarta")
AT = dt.datetime(2026, 11, 23, 9, 0, tzinfo=JAKARTA)  # a Monday: 2026-W48

_standing = []  # (the function that makes it, its transaction, copies of all worlds up to it), from the outermost
_of_this_test = {}  # the function that makes it: what this test got of it


def world(make):
    """In the place of `pytest.fixture`."""
    if inspect.isgeneratorfunction(make):
        raise TypeError(f"{make.__name__}: a world has nothing to undo")

    @functools.wraps(make)
    def fixture(**needs):
        return _of_this_test[make] if make in _of_this_test else make(**needs)

    fixture.makes = make
    return pytest.fixture(fixture)


def before(request):
    """Have the worlds stand that this test asks for, and no others."""
    wanted = [] if _commits(request) else _asked_first(request._pyfuncitem)
    shared = 0
    while shared < min(len(wanted), len(_standing)) and _standing[shared][0] is wanted[shared].func.makes:
        shared += 1
    _of_this_test.clear()
    with request.config.stash[blocking_manager_key].unblock():
        _take_down(shared)
        for fixture in wanted[shared:]:
            _put_up(fixture, request)
    if _standing:
        _of_this_test.update(copy.deepcopy(_standing[-1][2]))


def after(item, nextitem):
    """A module's worlds end with it: none grows old, and what a module does itself finds an empty house."""
    _of_this_test.clear()
    if nextitem is None or nextitem.path != item.path:
        with item.config.stash[blocking_manager_key].unblock():
            _take_down(0)


def _put_up(fixture, request):
    make, values = fixture.func.makes, copy.deepcopy(_standing[-1][2]) if _standing else {}
    named = {one.__name__: value for one, value in values.items()}
    block = transaction.atomic()
    block._from_testcase = True  # as TestCase's own: a durable transaction may begin within
    block.__enter__()
    _standing.append((make, block, None))
    try:
        with pytest.MonkeyPatch.context() as patch, translation.override(settings.LANGUAGE_CODE):
            needs = {name: named[name] if name in named else _without_rows(request, name) for name in fixture.argnames}
            patch.setattr(timezone, "now", lambda: AT)
            values[make] = make(**needs)
        connection.check_constraints()
    except BaseException:
        _take_down(len(_standing) - 1)
        raise
    connection.run_on_commit.clear()
    _standing[-1] = (make, block, copy.deepcopy(values))


def _without_rows(request, name):
    return None if name == "db" else request.getfixturevalue(name)


def _take_down(left):
    while len(_standing) > left:
        _, block, _ = _standing.pop()
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def _commits(request):
    marker = request.node.get_closest_marker("django_db")
    own = {"transaction", "reset_sequences", "databases", "serialized_rollback", "available_apps"}
    return bool(
        (marker and (marker.args or own & set(marker.kwargs)))
        or {"transactional_db", "live_server", "django_db_reset_sequences"} & set(request.fixturenames)
    )


def _asked_first(item):
    """The worlds that the test asks for before any other fixture with rows, each built on the one before it."""
    fixtures, found, seen = item._fixtureinfo.name2fixturedefs, [], set()

    def has_rows(name, level=-1):
        if name in ("db", "_django_db_helper"):
            return True
        defined = fixtures.get(name, ())
        return len(defined) >= -level and any(
            has_rows(need, level - 1 if need == name else -1) for need in defined[level].argnames
        )

    def visit(name, level=-1):
        """Whether the walk may go on: pytest makes what a fixture asks for before it."""
        defined = fixtures.get(name, ())
        if (name, level) in seen or len(defined) < -level:
            return True
        seen.add((name, level))
        fixture = defined[level]
        if not all(visit(need, level - 1 if need == name else -1) for need in fixture.argnames):
            return False
        if name in ("db", "_django_db_helper") or not has_rows(name, level):
            return True
        if not hasattr(fixture.func, "makes"):
            return False
        needed = {need for need in fixture.argnames if need != "db" and has_rows(need)}
        if needed - {one.argname for one in found}:
            return False
        found.append(fixture)
        return True

    all(visit(name) for name in item.fixturenames)
    return found
