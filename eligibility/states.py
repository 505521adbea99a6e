"""Which change of a policy is possible from which state: the one table; buttons and POSTs ask the same function."""

from django.utils.translation import gettext as _

from .models import Policy

State = Policy.State
TRANSITIONS: dict[str, dict[str, str]] = {
    State.DRAFT: {"change": State.DRAFT, "submit": State.SUBMITTED, "drop": State.DROPPED},
    State.SUBMITTED: {"approve": State.APPROVED, "return": State.DRAFT, "drop": State.DROPPED},
    State.APPROVED: {"put in force": State.APPROVED},  # its content never changes again: a change is a new version
}
START = (State.DRAFT, State.APPROVED)  # written by a person, or loaded from a file


class Impossible(Exception):
    """This change is not possible from the policy's present state."""

    code = "ALREADY_DECIDED"


def can(policy: Policy, change: str) -> bool:
    return change in TRANSITIONS.get(policy.state, {})


def move(policy: Policy, change: str) -> str:
    """The state after a change. Raises `Impossible`, naming who approved and when."""
    if can(policy, change):
        return TRANSITIONS[policy.state][change]
    if policy.state == State.APPROVED:
        if policy.approved_by_id is None or policy.agency is None:
            raise Impossible(_("An approved policy never changes; draft its next version."))
        when = policy.approved_at.astimezone(policy.agency.zone) if policy.approved_at else None
        named = {"who": policy.approved_by, "when": when.strftime("%d-%m-%Y %H.%M") if when else "–"}
        text = _("Already approved by %(who)s on %(when)s. An approved policy never changes; draft its next version.")
        raise Impossible(text % named)
    raise Impossible(_("Not possible now: this policy is %(state)s.") % {"state": policy.get_state_display()})
