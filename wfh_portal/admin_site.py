"""The HR officers' site: whoever holds a role may enter; what they see there, each model asks `permissions`."""

from unfold.sites import UnfoldAdminSite


class PortalAdminSite(UnfoldAdminSite):
    def has_permission(self, request) -> bool:
        return request.user.is_authenticated and request.user.is_staff
