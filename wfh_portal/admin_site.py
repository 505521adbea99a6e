"""The HR officers' site: whoever holds a role may enter; what they see there, each model asks `permissions`."""

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.sites import UnfoldAdminSite


class PortalAdminSite(UnfoldAdminSite):
    """The portal's own door for logging in (see `urls`) and for the password, and a side bar with the reader's work."""

    def has_permission(self, request) -> bool:
        return request.user.is_authenticated and request.user.is_staff

    def register(self, model_or_iterable, admin_class=None, **options):
        """Only our own: what libraries bring (groups, tokens, addresses) would go by Django's flags, unscoped."""
        if getattr(admin_class, "of_the_portal", False):
            super().register(model_or_iterable, admin_class, **options)

    def password_change(self, request, extra_context=None):
        return redirect(reverse("account_change_password"))

    def logout(self, request, extra_context=None):
        super().logout(request, extra_context)
        return redirect(reverse("account_login"))

    def search(self, request, extra_context=None):
        raise Http404  # it would write to the cache on a GET; the side bar has all there is

    def app_index(self, request, app_label, extra_context=None):
        return redirect(reverse("admin:index"))

    def get_sidebar_list(self, request):
        from .navigation import sidebar  # needs the models, which are not there yet when the site is made

        return sidebar(request)

    def admin_view(self, view, cacheable=False):
        """Times are shown in the zone of the reader's agency."""
        inner = super().admin_view(view, cacheable)

        def zoned(request, *args, **kwargs):
            with timezone.override(_zone(request.user)):
                response = inner(request, *args, **kwargs)
                return response.render() if hasattr(response, "render") and not response.is_rendered else response

        return zoned


def _zone(user):
    """The zone of the person's agency; the installation's own for accounts without a person."""
    person = getattr(user, "employee", None)
    return person.agency.zone if person else timezone.get_default_timezone()
