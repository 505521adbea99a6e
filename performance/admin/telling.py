"""Reading what was ticked in the list, and saying what became of it."""

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from employees.admin import row_number
from performance import actions, permissions


def selected(request, queryset):
    """The ids chosen, and the highest id there was when the list was shown (rulings.md 27).

    Ticked rows come as ids, so that one a colleague decided meanwhile is reported and not silently left out; a whole
    list comes as the list itself.
    """
    said = request.POST.get("shown_up_to", "")
    seen = row_number(said) if said.isdecimal() else None
    if request.POST.get("select_across") == "1":
        return queryset, seen
    ids = [number for one in request.POST.getlist(ACTION_CHECKBOX_NAME) if (number := row_number(one))]
    return ids, seen


def approved(count):
    return ngettext("%(count)s score approved", "%(count)s scores approved", count) % {"count": number_format(count)}


def returned(count):
    return ngettext("%(count)s score returned", "%(count)s scores returned", count) % {"count": number_format(count)}


REASONS = {
    permissions.OWN_SCORE: gettext_lazy("%(count)s your own score"),
    permissions.OWN_IMPORT: gettext_lazy("%(count)s you entered or imported yourself"),
    permissions.NOT_WAITING: gettext_lazy("%(count)s no longer waiting"),
    permissions.UNRATED: gettext_lazy("%(count)s without a rating"),
    permissions.ARRIVED_LATER: gettext_lazy("%(count)s arrived after the list was shown"),
    permissions.NOT_YOURS: gettext_lazy("%(count)s not yours to decide"),
}


def tell(request, outcome, done):
    """“1.987 approved; 13 skipped: 1 your own score, 12 you imported yourself.”"""
    skipped = sum(outcome.skipped.values())
    if not skipped:
        messages.success(request, f"{done}.")
        return
    if not outcome.done and skipped == 1 and outcome.left:
        (code,) = outcome.skipped
        messages.warning(request, actions.described(code, outcome.left))
        return
    parts = [str(REASONS[code]) % {"count": number_format(n)} for code, n in sorted(outcome.skipped.items())]
    text = _("%(done)s; %(count)s skipped: %(reasons)s.") % {
        "done": done,
        "count": number_format(skipped),
        "reasons": ", ".join(parts),
    }
    messages.warning(request, text)
