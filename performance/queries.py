"""Reads: which scores wait for whom."""

from django.db.models import Q

from .models import Appraisal
from .permissions import covered_by


def to_decide(user):
    """The scores waiting for this user: submitted, of people they are HR for, not their own nor of their own import."""
    imported = Q(imported_by=user, agency__four_eyes_import=True)
    return waiting_under(user).exclude(Q(employee=user.reach.me) | imported)


def waiting_under(user):
    """All scores waiting among the people the user is HR for, also those a colleague must decide."""
    return Appraisal.objects.filter(covered_by(user), superseded_at__isnull=True).waiting()
