"""Who holds which role over an agency: the questions every floor asks, on top of `user.reach`. Pure."""

from .models.access import Role

HR = frozenset({Role.HR_OFFICER, Role.HR_HEAD})


def holds(user, roles, agency_id: int) -> bool:
    """Whether one of these roles is held today over the whole of the agency (a sub-tree is not enough)."""
    reach = user.reach
    return reach.everywhere(roles) or agency_id in reach.whole_agencies(roles)


def is_hr(user, agency_id: int) -> bool:
    """HR officer or HR head of the whole agency."""
    return holds(user, HR, agency_id)


def holds_any(user, roles) -> bool:
    """Whether one of these roles is held today over anything at all."""
    return bool(user.reach.having(roles))


def is_platform_admin(user) -> bool:
    return user.reach.platform
