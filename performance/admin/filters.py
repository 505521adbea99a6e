"""How the list of scores is narrowed down."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from employees.admin import row_number
from performance import permissions, queries
from performance.models import Appraisal


class StateFilter(DropdownFilter):
    """Opens on what waits for the reader; those who decide nothing see everything."""

    title = gettext_lazy("state")
    parameter_name = "state"
    all_option = None

    def lookups(self, request, model_admin):
        self.reader = request.user
        mine = [("mine", _("waiting for me"))] if permissions.may_decide_any(request.user) else []
        return [
            *mine,
            ("waiting", _("all waiting")),
            ("in_force", _("approved, in force")),
            ("returned", _("returned")),
            ("all", _("all versions")),
        ]

    def value(self):
        default = "mine" if permissions.may_decide_any(self.reader) else "all"
        return super().value() or default

    def queryset(self, request, queryset):
        chosen = self.value()
        if chosen == "mine":
            return queryset.filter(pk__in=queries.to_decide(request.user))
        if chosen == "waiting":
            return queryset.waiting().filter(superseded_at__isnull=True)
        if chosen == "in_force":
            return queryset.in_force()
        if chosen == "returned":
            return queryset.filter(state=Appraisal.State.RETURNED, superseded_at__isnull=True)
        return queryset


class YearFilter(DropdownFilter):
    title = gettext_lazy("year")
    parameter_name = "year"

    def lookups(self, request, model_admin):
        this = timezone.localdate().year
        return [(str(year), str(year)) for year in range(this, this - 8, -1)]

    def queryset(self, request, queryset):
        return queryset.filter(year=row_number(self.value())) if self.value() else queryset
