"""What every page of the admin has in common: it shows only what the reader may see and writes only through actions.

A model without an action is view-only (rulings.md 27). Django's own permissions, groups, log and history are not used.
"""

import datetime as dt
from functools import wraps

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Subquery
from django.http import Http404, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter
from unfold.views import ChangeList

from employees.models import Employee, Placement, Unit
from employees.models.people import today_of_agency
from employees.searches import typed
from ledger.reading import seen

MOST_UNITS = 300  # in a dropdown; a bigger agency gets its upper levels


class TypedList(ChangeList):
    """A list that shows in its search what was typed; all its links carry the mark."""

    def __init__(self, request, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        self.typed = typed(request)


def only_read(view):
    """A page of the admin on which nothing is done: it takes no POST."""

    @wraps(view)
    def inner(self, request, *args, **kwargs):
        if request.method == "POST":
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return view(self, request, *args, **kwargs)

    return inner


class ActionAdmin(ModelAdmin):
    """Base of every registered model. Subclasses say who may open it (`may_read`) and, where rows are not scoped by
    `visible_to`, which rows they see (`scope`); those that write name their actions and override `save_model`."""

    of_the_portal = True  # the site registers nothing else
    actions: list[str] | None = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    list_fullwidth = True

    # --- what is seen ---

    def may_read(self, user) -> bool:
        """Whether the user has anything to do with this kind of row at all."""
        return False

    def scope(self, user):
        """The rows this user may see."""
        return self.model.objects.visible_to(user)

    def get_queryset(self, request):
        rows = self.scope(request.user)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def has_view_permission(self, request, obj=None):
        return self.may_read(request.user)

    def has_module_permission(self, request):
        return self.may_read(request.user)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # --- nothing beside the list and the page ---

    def lookup_allowed(self, lookup, value, request):
        """Only the filters on offer: no guessing at hidden columns through the address (`?score__gte=`)."""
        return lookup in set(_lookups(self.get_list_filter(request)))

    def get_changelist(self, request, **kwargs):
        return TypedList

    def get_search_results(self, request, queryset, search_term):
        """A number may be typed as it is printed, with spaces or dots. The address has a mark of it only."""
        search_term = typed(request) if search_term else ""
        bare = "".join(search_term.split()).replace(".", "")
        return super().get_search_results(request, queryset, bare if bare.isdecimal() else search_term)

    def get_object(self, request, object_id, from_field=None):
        """As for an address that never was: another agency's row does not exist."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        if request.method == "GET":
            self.note_reading(request.user, row)
        return row

    def note_reading(self, user, row) -> None:
        """Who opens another person's record is written down, whatever kind of record it is (rulings.md 26)."""
        person = row if isinstance(row, Employee) else getattr(getattr(row, "user", row), "employee", None)
        if isinstance(person, Employee):
            seen(by=user, people=[(person.pk, person.agency_id)], what=self.opts.label_lower, at=timezone.now())

    def history_view(self, request, object_id, extra_context=None):
        raise Http404  # what happened stands in the audit trail

    def delete_view(self, request, object_id, extra_context=None):
        raise Http404

    def changelist_view(self, request, extra_context=None):
        """A list takes a POST for the bulk actions it offers to this reader, and for nothing else."""
        if request.method == "POST" and self.has_view_permission(request):
            if not self.actions:
                return HttpResponseNotAllowed(["GET", "HEAD"])
            if not set(filter(None, request.POST.getlist("action"))) <= set(self.get_actions(request)):
                raise PermissionDenied
            if not all(row_number(one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)):
                raise BadRequest("not the number of a row")
        return super().changelist_view(request, extra_context)

    # --- writing: only through actions ---

    def save_model(self, request, obj, form, change):
        raise PermissionDenied

    def delete_model(self, request, obj):
        raise PermissionDenied

    def delete_queryset(self, request, queryset):
        raise PermissionDenied

    def log_addition(self, request, obj, message):
        """The action has written its own event."""

    def log_change(self, request, obj, message):
        """The action has written its own event."""

    def log_deletions(self, request, queryset):
        """Nothing is deleted here."""


def _lookups(filters):
    for one in filters:
        if isinstance(one, type) and issubclass(one, SimpleListFilter):
            yield one.parameter_name
        else:
            field = one if isinstance(one, str) else one[0]
            yield from (field, f"{field}__exact", f"{field}__isnull")


def tones(choices, **chosen) -> dict[str, str]:
    """Colours for a label column: every stored value must have one, else unfold shows the bare code."""
    return dict.fromkeys(choices.values, "") | chosen


def row_number(text: str) -> int:
    """The number of a row as an address carries it; 0, which no row has, for anything else (`²` is a digit too)."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def instant(text, otherwise: dt.datetime) -> dt.datetime:
    """A time as the form sends it, on the reader's clock; what cannot be read is as if it were not given."""
    try:
        found = parse_datetime(text or "")
        return timezone.make_aware(found) if found and timezone.is_naive(found) else found or otherwise
    except (ValueError, OverflowError):
        return otherwise


def unit_now(person: str) -> Subquery:
    """SQL for the name of the unit where the person (a path to their id) is placed today."""
    placed = Placement.objects.filter(employee=OuterRef(person), valid__contains=today_of_agency())
    return Subquery(placed.values("unit__name")[:1])


class UnitFilter(DropdownFilter):
    """A unit and everything below it, out of the units the reader may see."""

    title = _("unit")
    parameter_name = "unit"
    person = "employee_id"  # path from the listed row to the person's id

    def lookups(self, request, model_admin):
        units = Unit.objects.visible_to(request.user)
        level = Func(F("path"), function="nlevel", output_field=IntegerField())
        upper = units.annotate(level=level).order_by("level", "path")[:MOST_UNITS]
        tree = sorted(upper, key=lambda unit: [int(step) for step in unit.path.split(".")])
        top = min((unit.level for unit in tree), default=1)
        return [(unit.pk, "\u2003" * (unit.level - top) + unit.name) for unit in tree]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        unit = Unit.objects.visible_to(request.user).filter(pk=row_number(self.value())).first()
        if unit is None:
            return queryset.none()
        return queryset.filter(Exists(self.placed().filter(unit__path__within=unit.path)))

    def placed(self):
        return Placement.objects.filter(employee=OuterRef(self.person), valid__contains=today_of_agency())
