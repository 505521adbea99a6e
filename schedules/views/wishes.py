"""`/wishes/`: the weekdays one would like best, and how the order of a week is made."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from employees.queries import placement_on, settings_of
from schedules import queries
from schedules.actions.wishes import save_wishes
from schedules.forms import WishesForm

from .person import REFUSALS, for_person


@require_http_methods(["GET", "POST"])
@for_person
def wishes(request):
    """Up to three weekdays in their order; all three empty forgets them."""
    reader = request.reader
    placement = placement_on(reader.person.pk, reader.today)
    days = max(settings_of(placement.unit).working_days, 5) if placement else 5
    if request.method == "GET":
        known = dict(zip(("first", "second", "third"), queries.wishes_of(reader.person), strict=False))
        return _page(request, WishesForm(initial=known, working_days=days))
    form = WishesForm(request.POST, working_days=days)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        save_wishes(by=request.user, weekdays=form.weekdays, at=reader.now)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=409)
    messages.success(request, _("Your wishes are kept. The next weekly plan reads them."))
    return redirect("wishes")


def _page(request, form: WishesForm, status: int = 200):
    return render(request, "schedules/wishes.html", {"form": form}, status=status)
