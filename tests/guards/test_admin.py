"""Every page of the admin shows only what the reader may see, and writes nothing but through actions."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.sites import site as registered
from django.urls import NoReverseMatch, reverse

from employees.admin import ActionAdmin
from employees.models import Employee, Role, RoleGrant, User
from ledger.models import Event, Outbox
from tests import factories

ADMINS = sorted(registered._registry.items(), key=lambda pair: pair[0]._meta.label)
IDS = [model._meta.label for model, _admin in ADMINS]
# Models whose rows are no person's or agency's, or that are reached only through another row's page.
NOT_IN_THE_ADMIN = {
    "employees.AgencyInputs",
    "employees.Placement",
    "eligibility.Decision",
    "performance.ImportRow",
    "schedules.Allotment",
    "schedules.Notice",
}
OURS = ("ledger", "employees", "performance", "eligibility", "schedules")


class Ask:
    """As much of a request as a ModelAdmin's own questions need."""

    method, GET, POST = "GET", {}, {}

    def __init__(self, user):
        self.user = user


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=IDS)
def test_every_registered_admin_is_an_action_admin_with_scoped_rows(model, model_admin):
    assert isinstance(model_admin, ActionAdmin)
    assert model._meta.app_label in OURS
    own = [vars(cls) for cls in type(model_admin).__mro__ if "employees.admin.base" not in cls.__module__]
    if not hasattr(model.objects.all(), "visible_to"):
        assert any("scope" in names for names in own), "say which rows a reader may see: scope()"
    assert any("may_read" in names for names in own), "say who may open it: may_read()"


def test_every_model_with_an_agency_is_scoped():
    for model in (m for m in apps.get_models() if m._meta.app_label in OURS):
        has_agency = any(f.name in ("agency", "agency_id") for f in model._meta.fields)
        if has_agency and not model._meta.label.endswith("Event") and model._meta.label not in NOT_IN_THE_ADMIN:
            model_admin = registered._registry.get(model)
            assert hasattr(model.objects.all(), "visible_to") or model_admin or model._meta.label == "ledger.JobRun"


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=IDS)
def test_nobody_without_a_role_reads_or_writes(db, model, model_admin):
    ask = Ask(factories.account())
    assert not model_admin.has_view_permission(ask)
    assert not model_admin.has_module_permission(ask)
    assert not model_admin.has_add_permission(ask)
    assert not model_admin.has_delete_permission(ask)


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=IDS)
def test_a_superuser_flag_opens_nothing(db, model, model_admin):
    ask = Ask(factories.account(is_superuser=True))
    assert not model_admin.has_view_permission(ask)
    assert not model_admin.has_change_permission(ask)
    assert not ask.user.is_staff


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=IDS)
def test_a_stranger_rich_in_rights_sees_no_row_of_another_agency(cast, model, model_admin):
    """Ratna holds both HR roles of her own agency; nothing of the ministry's may be in her lists."""
    everything_of(cast)
    seen = model_admin.get_queryset(Ask(cast.ratna_user))
    for row in seen:
        agency = getattr(row, "agency_id", None) or getattr(getattr(row, "employee", None), "agency_id", None)
        assert agency in (None, cast.other.pk), row
    for row in seen.filter(pk__in=[p.pk for p in (cast.sari, cast.budi)]) if model is Employee else []:
        pytest.fail(str(row))


def everything_of(cast):
    factories.appraisal(cast.sari)
    factories.appraisal(cast.stranger)
    for agency in (cast.agency, cast.other):
        Event.objects.create(
            at="2026-11-23T00:00Z", verb="x", agency_id=agency.pk, subject_type="employees.employee", subject_id=1
        )


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=IDS)
@pytest.mark.parametrize("who", ["dewi", "hadi", "ratna", "auditor", "agency", "platform"])
def test_every_list_opens_or_is_forbidden(cast, client, model, model_admin, who):
    client.force_login(reader(cast, who))
    opts = model._meta
    answer = client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    expected = 200 if model_admin.has_view_permission(Ask(reader(cast, who))) else 403
    assert answer.status_code == expected


def reader(cast, who):
    if user := getattr(cast, f"{who}_user", None):
        return user
    user, _new = User.objects.get_or_create(username=who, defaults={"password": "!"})
    roles = {
        "auditor": (Role.AUDITOR, cast.agency),
        "agency": (Role.AGENCY_ADMIN, cast.agency),
        "platform": (Role.PLATFORM_ADMIN, None),
    }
    role, agency = roles[who]
    if not RoleGrant.objects.filter(user=user).exists():
        factories.grant(user, role, agency)
    return user


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=IDS)
def test_nothing_is_deleted_and_history_is_the_audit_trail(cast, client, model, model_admin):
    client.force_login(cast.dewi_user)
    opts = model._meta
    for name in ("delete", "history"):
        address = reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[1])
        assert client.get(address).status_code == 404
        assert client.post(address, {"post": "yes"}).status_code == 404


def test_the_address_takes_only_the_filters_on_offer(cast, client):
    client.force_login(cast.dewi_user)
    address = reverse("admin:performance_appraisal_changelist")
    for guess in ("score__gte=80", "employee__nip__startswith=19", "decided_by__password__startswith=a", "note=x"):
        assert client.get(f"{address}?{guess}").status_code == 400, guess


def test_no_way_to_become_an_administrator(cast, client):
    """M10: in Django's own admin whoever may change accounts can post `is_superuser=on` for themselves."""
    admin_user = reader(cast, "agency")
    client.force_login(admin_user)
    address = reverse("admin:employees_user_change", args=[admin_user.pk])
    before = User.objects.values().get(pk=admin_user.pk)
    client.post(address, {"is_superuser": "on", "is_active": "on", "password": "x", "username": "y", "_save": "1"})
    after = User.objects.values().get(pk=admin_user.pk)
    assert {k: v for k, v in before.items() if k != "last_login"} == {
        k: v for k, v in after.items() if k != "last_login"
    }
    grant = RoleGrant.objects.get(user=admin_user)
    role_page = reverse("admin:employees_rolegrant_change", args=[grant.pk])
    assert client.post(role_page, {"role": "PLATFORM_ADMIN"}).status_code == 403
    added = client.post(
        reverse("admin:employees_rolegrant_add"), {"role": "PLATFORM_ADMIN", "account": admin_user.username}
    )
    assert added.status_code == 200, "the form again"
    assert RoleGrant.objects.filter(user=admin_user).count() == 1
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[1])
    assert admin.site is not None
    assert Outbox.objects.count() == 0
