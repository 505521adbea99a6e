"""The bias report: rates by group of a published week, as bars with a table beside. About no single person."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eligibility import permissions
from eligibility.queries import bias
from employees.admin import row_number
from employees.calendar import week_name
from employees.models import Unit

WEEKS = 26  # published weeks to choose from
PER_PAGE = 25  # groups of a table; only units are more
TITLES = {
    "SEX": gettext_lazy("By sex"),
    "POST": gettext_lazy("By group of post"),
    "KIND": gettext_lazy("By kind of civil servant"),
    "GRADE": gettext_lazy("By grade: %(kind)s"),
    "UNIT": gettext_lazy("By unit"),
}
# Pixels of the drawing: names above the bars, so that a phone shows it whole.
WIDE, TRACK, ROW, TOP, BAR = 352, 260, 46, 26, 14
INK, SOFT, TONE, TONE_LOW = "#16202e", "#4a5769", "#0063a8", "#a15c00"


def bias_view(request):
    """The report of one published week: the newest, or the one asked for."""
    if not permissions.reads_whole_agency(request.user):
        raise PermissionDenied
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    agency_id = row_number(request.GET.get("agency", ""))
    runs = bias.published(request.user, agency_id or None)
    asked = request.GET.get("run")
    run = get_object_or_404(runs, pk=row_number(asked)) if asked else runs.first()
    context = {"title": _("Bias report"), "run": run} | admin.site.each_context(request)
    if run is not None:
        context |= _choices(request.user, run) | _tables(request, run)
    return TemplateResponse(request, "admin/bias/page.html", context)


def _choices(user, run) -> dict:
    """Which weeks, and of which agency, there are to choose from."""
    agencies = bias.published(user).order_by("agency__name").values_list("agency_id", "agency__name").distinct()
    return {
        "agencies": list(agencies),
        "weeks": [(one.pk, week_name(one.week), one.track) for one in bias.published(user, run.agency_id)[:WEEKS]],
        "week_name": week_name(run.week),
    }


def _tables(request, run) -> dict:
    report = bias.report(run)
    asked = request.GET.get("unit", "")
    units = Unit.objects.filter(agency=run.agency_id)
    unit = get_object_or_404(units, pk=row_number(asked)) if asked else report.branches.top()
    branch = report.branches.table(unit)
    page = Paginator(branch.groups if branch else [], PER_PAGE).get_page(request.GET.get("p"))
    return {
        "everybody": report.everybody,
        "smallest": bias.SMALLEST,
        "tables": [drawn(table, table.groups) for table in report.tables],
        "unit": unit,
        "branch": drawn(branch, list(page.object_list), leads=report.branches.below) if branch else None,
        "page": page,
        "query": urlencode({"run": run.pk} | ({"unit": unit.pk} if unit and asked else {})) + "&",
    }


# --- drawing ---


def percent(rate: Decimal) -> str:
    return _("%(number)s %%") % {
        "number": number_format((rate * 100).quantize(Decimal("0.1"), ROUND_HALF_UP), 1, use_l10n=True)
    }


def hundredths(ratio: Decimal) -> str:
    """Cut, not rounded: what reads 0.80 has reached four fifths."""
    return number_format(ratio.quantize(Decimal("0.01"), ROUND_FLOOR), 2, use_l10n=True)


def drawn(table: bias.Table, groups: list[bias.Group], leads=()) -> dict:
    """A table with its drawing. `leads`: the units that have others below them, by number."""
    best = table.best
    fifth = best.rate * bias.FOUR_FIFTHS if best and best.rate else None
    return {
        "code": table.code,
        "title": str(TITLES[table.code]) % {"kind": table.within} if table.within else str(TITLES[table.code]),
        "name": slugify(f"{table.code} {table.within}"),
        "best": best,
        "hidden": table.hidden,
        "rows": [_row(group, TOP + n * ROW, best, leads) for n, group in enumerate(groups)],
        "width": str(WIDE),
        "height": str(TOP + len(groups) * ROW),
        "fifth": str(_x(fifth)) if fifth else "",
        "ends": {"left": "0", "right": str(TRACK)},
    }


def _x(rate: Decimal) -> int:
    return int(rate * TRACK)


def _row(group: bias.Group, top: int, best: bias.Group | None, leads) -> dict:
    row = {
        "group": group,
        "name": group.label if len(group.label) <= 46 else f"{group.label[:45].rstrip()}…",
        "name_y": str(top + 14),
        "leads": group.key.isdecimal() and not group.hidden and int(group.key) in leads,
        "is_best": best is not None and group.key == best.key,
    }
    rate, within = group.rate, group.within
    if rate is None or within is None:
        return row | {"rate": "", "text_y": str(top + 34)}
    mark = {"BELOW": " !", "UNSURE": " ?", "": ""}[group.hint]
    low, high = group.ratio_within and (group.ratio_within.low, group.ratio_within.high) or (None, None)
    return row | {
        "rate": percent(rate),
        "within": f"{percent(within.low)} – {percent(within.high)}",
        "ratio": "" if group.ratio is None else hundredths(group.ratio),
        "ratio_within": "" if low is None or high is None else f"{hundredths(low)} – {hundredths(high)}",
        "text": percent(rate) + mark,
        "text_y": str(top + 33),
        "bar_y": str(top + 21),
        "bar": str(_x(rate)),
        "trough": str(TRACK),
        "tall": str(BAR),
        "tone": TONE_LOW if group.hint else TONE,
        "line_y": str(top + 21 + BAR // 2),
        "low": str(_x(within.low)),
        "high": str(_x(within.high)),
        "cap_y": str(top + 24),
        "cap_end": str(top + 32),
        "value_x": str(TRACK + 8),
    }


admin.site.add_page(  # type: ignore[attr-defined]  # our own site
    name="bias",
    address="bias/",
    view=bias_view,
    title=gettext_lazy("Bias report"),
    may_read=permissions.reads_whole_agency,
)
