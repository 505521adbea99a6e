"""Which change of a request is possible from which state: the one table; buttons and POSTs ask the same function."""

from django.utils.translation import gettext as _

from .models import Request

State = Request.State
ENDED = (State.EXPIRED, State.WITHDRAWN)  # by the clock or by what happened to the day: nobody need have decided
TRANSITIONS: dict[str, dict[str, str]] = {
    State.DRAFT: {"send": State.SENT, "withdraw": State.WITHDRAWN, "expire": State.EXPIRED},
    State.SENT: {
        "endorse": State.SENT,  # the first of two stages
        "approve": State.APPROVED,
        "return": State.RETURNED,
        "reject": State.REJECTED,
        "withdraw": State.WITHDRAWN,
        "expire": State.EXPIRED,
    },
    State.RETURNED: {"send": State.SENT, "withdraw": State.WITHDRAWN, "expire": State.EXPIRED},
    State.APPROVED: {"withdraw": State.WITHDRAWN, "recall": State.RECALLED},
}
START = (State.DRAFT, State.SENT)  # saved for later, or sent at once
OPEN = (State.DRAFT, State.SENT, State.RETURNED)  # every one of these ends by its deadline


class Impossible(Exception):
    """This change is not possible from the thing's present state."""

    code = "ALREADY_DECIDED"


def can(request: Request, change: str) -> bool:
    return change in TRANSITIONS.get(request.state, {})


def move(request: Request, change: str) -> str:
    """The state after a change. Raises `Impossible`, naming who decided and when."""
    if can(request, change):
        return TRANSITIONS[request.state][change]
    if request.decided_at:
        when = request.decided_at.astimezone(request.agency.zone).strftime("%d-%m-%Y %H.%M")
        named = {"state": request.get_state_display(), "who": request.decided_by, "when": when}
        if request.decided_by_id:
            raise Impossible(_("Already %(state)s by %(who)s on %(when)s.") % named)
        if request.state in ENDED:
            raise Impossible(_("Already %(state)s on %(when)s. Ask for another day instead.") % named)
    raise Impossible(_("Already %(state)s.") % {"state": request.get_state_display()})
