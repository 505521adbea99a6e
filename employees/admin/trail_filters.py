"""Filters of the trail and the read log: by whom, and about whom."""

import uuid

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

from employees.about import subjects_of
from employees.login import account_named
from employees.models import Employee, User
from employees.searches import typed


class TypedFilter(TextFilter):
    """A text somebody types: the address carries its mark."""

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        if self.value():
            self.used_parameters[self.parameter_name] = typed(request, self.parameter_name)


class ActorFilter(TypedFilter):
    """What one account did."""

    title = _("who did it (NIP or account name)")
    parameter_name = "actor"

    def queryset(self, request, queryset):
        text = (self.value() or "").strip()
        if not text:
            return queryset
        number = _uuid(text)
        user = User.objects.filter(employee__public_id=number).first() if number else account_named(text)
        return queryset.filter(actor_id=user.pk) if user else queryset.none()


class PersonFilter(TypedFilter):
    """What is about one person, out of those the reader may see."""

    title = _("about whom (NIP)")
    parameter_name = "person"

    def queryset(self, request, queryset):
        text = "".join((self.value() or "").split())
        if not text:
            return queryset
        number = _uuid(text)
        found = Employee.objects.visible_to(request.user)
        person = found.filter(public_id=number).first() if number else found.filter(nip=text.replace(".", "")).first()
        return self.about(queryset, person) if person else queryset.none()

    def about(self, queryset, person: Employee):
        about = Q(pk__in=[])
        for kind, ids in subjects_of(person).items():
            about |= Q(subject_type=kind, subject_id__in=ids)
        return queryset.filter(about)


class ReadPersonFilter(PersonFilter):
    """Whose record was opened."""

    title = _("whose record (NIP)")

    def about(self, queryset, person: Employee):
        return queryset.filter(employee_id=person.pk)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
