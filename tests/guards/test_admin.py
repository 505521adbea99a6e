"""Every page of the admin is built to show only what the reader may see, and to write through actions only; who is
answered what is asked in `matrix`."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.sites import site as registered
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from employees.admin import ActionAdmin
from employees.models import Role, RoleGrant, User
from ledger.models import Outbox
from performance.models import ImportBatch
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


def test_the_address_takes_only_the_filters_on_offer(cast, client):
    client.force_login(cast.dewi_user)
    address = reverse("admin:performance_appraisal_changelist")
    for guess in ("score__gte=80", "employee__nip__startswith=19", "decided_by__password__startswith=a", "note=x"):
        assert client.get(f"{address}?{guess}").status_code == 400, guess


def test_no_way_to_become_an_administrator(cast, client):
    """M10: in Django's own admin whoever may change accounts can post `is_superuser=on` for themselves."""
    admin_user = factories.account(username="agency")
    factories.grant(admin_user, Role.AGENCY_ADMIN, cast.agency)
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


# --- auditors: "reads everything of an agency, or of all agencies, and changes nothing" -----------

MACHINERY = {"ledger.Outbox"}  # of the installation, of no agency: the platform's administrators watch it


@pytest.fixture
def rows_of_work(cast):
    """One row or more of each kind that somebody of the agency works on."""
    administrator = factories.account(username="administrator")
    factories.grant(administrator, Role.AGENCY_ADMIN, cast.agency)
    factories.appraisal(cast.sari)
    ImportBatch.objects.create(
        agency=cast.agency,
        file_name="a.csv",
        digest="0" * 64,
        counts={"new": 1, "changed": 0, "same": 0, "bad": 0},
        uploaded_by=cast.dewi_user,
        uploaded_at=timezone.now(),
    )
    return (administrator, cast.dewi_user, cast.hadi_user)


def unread(model_admin, workers, auditor) -> set[int]:
    """Rows of a kind that somebody of the agency works with and the auditor does not see."""
    if not model_admin.may_read(auditor):
        return {0}
    seen = set(model_admin.scope(auditor).values_list("pk", flat=True))
    worked_on = [model_admin.scope(one).values_list("pk", flat=True) for one in workers if model_admin.may_read(one)]
    return {pk for rows in worked_on for pk in rows} - seen


@pytest.mark.parametrize("everywhere", [False, True])
def test_an_auditor_reads_every_kind_of_row_and_changes_none(cast, client, rows_of_work, everywhere):
    auditor = factories.account(username="auditor")
    factories.grant(auditor, Role.AUDITOR, None if everywhere else cast.agency)
    client.force_login(auditor)
    for model, model_admin in ADMINS:
        if model._meta.label in MACHINERY:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert unread(model_admin, rows_of_work, auditor) == set(), name
        assert client.get(reverse(f"{name}_changelist")).status_code == 200, name
        assert client.get(reverse(f"{name}_add")).status_code in (403, 404), name
        one = model_admin.scope(auditor).first()
        if one is not None:
            page = reverse(f"{name}_change", args=[one.pk])
            assert client.get(page).status_code in (200, 302), name
            assert client.post(page, {"reason": "x", "last": ""}).status_code in (403, 405), name


def test_that_guard_sees_what_is_kept_from_an_auditor(cast, rows_of_work, monkeypatch):
    """The twin: accounts as they were, and one agency's imports."""
    auditor = factories.account(username="auditor")
    factories.grant(auditor, Role.AUDITOR, cast.agency)
    accounts, batches = registered._registry[User], registered._registry[ImportBatch]
    monkeypatch.setattr(type(accounts), "scope", lambda self, user: User.objects.visible_to(user))
    monkeypatch.setattr(type(batches), "scope", lambda self, user: ImportBatch.objects.worked_on_by(user))
    assert len(unread(accounts, rows_of_work, auditor)) > 2
    assert len(unread(batches, rows_of_work, auditor)) == 1


def test_an_auditor_looks_at_a_file_and_does_nothing_about_it(cast, client, rows_of_work):
    auditor = factories.account(username="auditor")
    factories.grant(auditor, Role.AUDITOR, cast.agency)
    factories.grant(auditor, Role.HR_OFFICER, cast.other)  # in another agency they do work on files
    client.force_login(auditor)
    batch = ImportBatch.objects.get()
    page = client.get(reverse("admin:performance_importbatch_change", args=[batch.pk]))
    assert page.status_code == 200
    assert "importbatch/" not in " ".join(re.findall(r'action="([^"]*)"', page.content.decode()))
    for what in ("apply", "cancel", "bad"):
        assert client.post(reverse(f"admin:performance_importbatch_{what}", args=[batch.pk])).status_code == 404
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.PREVIEW
