"""May this person decide requests? (May this request be decided now? asks `states`.)"""

import datetime as dt

from django.utils.translation import gettext as _

from employees.models import Placement, Role

from .models import Request


class Denied(Exception):
    """This person may see the request, but not decide it."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


DECIDES_ORPHANS = frozenset({Role.HR_OFFICER, Role.HR_HEAD})


def is_supervisor(user, today: dt.date) -> bool:
    """Whether anybody's placement names this person as supervisor today."""
    return Placement.objects.on(today).filter(supervisor=user.reach.me).exists()


def check_may_decide(user, request: Request) -> None:
    """The supervisor whom the request was laid before; HR where there is none. Nobody decides their own case."""
    if request.employee_id == user.reach.me:
        raise Denied("OWN_REQUEST", _("Nobody decides their own request."))
    if request.supervisor_id is None:
        if request.agency_id in user.reach.whole_agencies(DECIDES_ORPHANS):
            return
        raise Denied("NOT_YOURS", _("This person has no supervisor on record; HR decides."))
    if request.supervisor_id != user.reach.me:
        raise Denied("NOT_YOURS", _("Only the supervisor this request was laid before decides it."))
