"""The admin's side bar: the reader's own work, grouped, with what waits. Nothing they may not open is in it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _

from performance.permissions import may_decide_any
from performance.queries import to_decide

# group → (model or page of the site, symbol); the title is the model's own plural
GROUPS = {
    "work": [
        ("performance.appraisal", "star"),
        ("performance.importbatch", "upload_file"),
        ("eligibility.run", "sync"),
        ("eligibility.correction", "edit_note"),
        ("eligibility.objection", "front_hand"),
        ("employees.datarequest", "contact_support"),
        ("eligibility.suspension", "do_not_disturb_on"),
        ("bias", "balance"),
        ("schedules.plan", "calendar_month"),
        ("schedules.wfhday", "home_work"),
        ("schedules.request", "swap_horiz"),
        ("schedules.delegation", "supervisor_account"),
    ],
    "people": [
        ("employees.employee", "badge"),
        ("employees.leave", "beach_access"),
        ("employees.discipline", "report"),
        ("employees.absence", "person_off"),
        ("employees.fact", "fact_check"),
        ("employees.feed", "task_alt"),
        ("employees.unit", "account_tree"),
        ("employees.agency", "account_balance"),
        ("employees.holiday", "event_busy"),
    ],
    "rules": [
        ("eligibility.policy", "gavel"),
        ("eligibility.policyinforce", "event_available"),
        ("what_if", "query_stats"),
        ("schedules.unitrule", "rule"),
    ],
    "access": [
        ("employees.user", "person"),
        ("employees.rolegrant", "key"),
        ("access", "policy"),
        ("ledger.event", "history"),
        ("readings", "visibility"),
        ("ledger.outbox", "outbox"),
    ],
}


def sidebar(request) -> list[dict]:
    """Groups of links in the shape unfold's template reads."""
    titles = {"work": _("Decisions"), "people": _("People"), "rules": _("Rules"), "access": _("Access and trail")}
    waiting = _link(request, _("What waits"), reverse("admin:index"), "inbox", exact=True)
    back = _link(request, _("My week"), reverse("my-week"), "arrow_back")
    groups: list[dict] = [{"title": "", "items": [waiting]}]
    groups += [{"title": titles[name], "items": list(_items(request, models))} for name, models in GROUPS.items()]
    groups.append({"separator": True, "title": "", "items": [back]})
    return [group for group in groups if group["items"]]


def agency_name(request) -> str:
    """Whose admin this is, under the portal's name."""
    person = getattr(request.user, "employee", None)
    return person.agency.name if person else ""


def _items(request, models):
    registered = {model._meta.label_lower: model_admin for model, model_admin in admin.site._registry.items()}
    for label, symbol in models:
        if page := admin.site.pages.get(label):  # type: ignore[attr-defined]  # our own site
            if page.may_read(request.user):
                yield _link(request, str(page.title), reverse(f"admin:{page.name}"), symbol)
            continue
        model_admin = registered.get(label)
        if model_admin is None or not model_admin.has_view_permission(request):
            continue
        title = str(model_admin.opts.verbose_name_plural)
        address = reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
        item = _link(request, title[:1].upper() + title[1:], address, symbol)
        if label == "performance.appraisal" and may_decide_any(request.user):
            waiting = to_decide(request.user).count()
            item |= {"badge": waiting, "badge_variant": "danger"} if waiting else {}
        yield item


def _link(request, title, address, symbol, exact=False):
    active = request.path == address if exact else request.path.startswith(address) and address != "/"
    return {"title": title, "link": address, "icon": symbol, "active": active, "has_permission": True}
