"""What the pages of this floor share: they belong to a civil servant, and refusals are told in place."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render

from employees.views import reader_of
from schedules.actions.requests import Refused
from schedules.models import Request
from schedules.permissions import Denied
from schedules.states import Impossible

REFUSALS = (Refused, Impossible)  # both carry a sentence for the reader


def for_person(view):
    """Give the view its reader (`request.reader`); an account without a civil servant gets a page that says so."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        if reader_of(request).person is None:
            reading = request.method in ("GET", "HEAD")
            return render(request, "account/no_person.html", status=200 if reading else 403)
        try:
            return view(request, *args, **kwargs)
        except Denied as denied:
            raise PermissionDenied(str(denied)) from denied  # the 403 page shows the reason

    return inner


def seen(request, pk: int) -> int:
    """The key of a request for another day if this reader may see it, else 404: what one may not see does not exist."""
    if not Request.objects.visible_to(request.user).filter(pk=pk).exists():
        raise Http404
    return pk
