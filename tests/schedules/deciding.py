"""What the tests of deciding share: every way to decide a request, and stand-ins."""

import re

from schedules.models import Delegation, Request
from tests import factories

from .pages import as_


def ticked(page):
    return re.findall(r'name="chosen" form="bulk" value="(\d+:\d+)"', page)


def post(user, chosen):
    return as_(user).post("/approvals/approve/", {"chosen": chosen}, follow=True)


def states(requests):
    return [Request.objects.get(pk=one.pk).state for one in requests]


def decide_all_ways(user, request, **form):
    """Every POST of the inbox on one request; their statuses."""
    form = {"version": request.version, "reason": "x"} | form
    found = [
        as_(user).post(f"/approvals/{request.pk}/{what}/", form).status_code for what in ("approve", "reject", "return")
    ]
    post(user, [f"{request.pk}:{request.version}"])
    return found


def lend(cast, delegator, delegate, now, valid=factories.ALWAYS, **fields):
    return Delegation.objects.create(
        agency=cast.agency,
        delegator=delegator,
        delegate=delegate,
        valid=valid,
        created_at=now,
        created_by=cast.dewi_user,
        **fields,
    )
