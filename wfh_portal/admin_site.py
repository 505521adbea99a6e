"""The HR officers' site: whoever holds a role may enter; what they see there, each model asks `permissions`."""

import dataclasses
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from unfold.sites import UnfoldAdminSite

METHODS = ["GET", "HEAD", "POST"]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of the admin about no one kind of row. The view itself asks who may; `may_read` is for the link."""

    name: str
    address: str  # below /admin/, ending in a slash
    view: Callable
    title: object  # lazily translated
    may_read: Callable  # of the user


class PortalAdminSite(UnfoldAdminSite):
    """The portal's own door for logging in (see `urls`) and for the password, and a side bar with the reader's work."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pages: dict[str, Page] = {}

    def add_page(self, *args, **kwargs) -> None:
        """Offer a page at `admin:<name>`; a line in `navigation.GROUPS` puts it into the side bar."""
        page = Page(*args, **kwargs)
        self.pages[page.name] = page

    def get_urls(self):
        mine = [path(page.address, self.admin_view(page.view), name=page.name) for page in self.pages.values()]
        return mine + super().get_urls()

    def has_permission(self, request) -> bool:
        return request.user.is_authenticated and request.user.is_staff

    def register(self, model_or_iterable, admin_class=None, **options):
        """Only our own: what libraries bring (groups, tokens, addresses) would go by Django's flags, unscoped."""
        if getattr(admin_class, "of_the_portal", False):
            super().register(model_or_iterable, admin_class, **options)

    def password_change(self, request, extra_context=None):
        return redirect(reverse("account_change_password"))

    def login(self, request, extra_context=None):
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)  # it stands outside `admin_view`, and takes a PUT as a GET
        return super().login(request, extra_context)

    def logout(self, request, extra_context=None):
        super().logout(request, extra_context)
        return redirect(reverse("account_login"))

    def search(self, request, extra_context=None):
        raise Http404  # it would write to the cache on a GET; the side bar has all there is

    def autocomplete_view(self, request):
        raise Http404  # no form of ours asks it, and its `?term=` would carry what is typed about people

    def app_index(self, request, app_label, extra_context=None):
        return redirect(reverse("admin:index"))

    def get_sidebar_list(self, request):
        from .navigation import sidebar  # needs the models, which are not there yet when the site is made

        return sidebar(request)

    def admin_view(self, view, cacheable=False):
        """Times are shown in the zone of the reader's agency."""
        inner = super().admin_view(view, cacheable)

        def zoned(request, *args, **kwargs):
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)  # Django's own pages would answer a DELETE as a GET
            if any("\0" in text for _name, texts in request.POST.lists() for text in texts):
                raise BadRequest("NUL in a form")  # no keyboard types it, and the database keeps no text with it
            with timezone.override(_zone(request.user)):
                response = inner(request, *args, **kwargs)
                return response.render() if hasattr(response, "render") and not response.is_rendered else response

        return zoned


def _zone(user):
    """The zone of the person's agency; the installation's own for accounts without a person."""
    person = getattr(user, "employee", None)
    return person.agency.zone if person else timezone.get_default_timezone()
