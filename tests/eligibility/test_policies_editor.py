"""The policy editor: every rule as a form built from its own declaration, and nothing typed is ever lost."""

import html
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from eligibility import rules
from eligibility.actions import draft_policy, load_policies
from eligibility.actions.contents import numbers_of
from eligibility.fields import field_for
from eligibility.forms import RuleForm
from eligibility.models import Policy
from tests.employees.roles import somebody
from tests.schedules.pages import as_, text
from tests.worlds import world

ADD = "/admin/eligibility/policy/add/"


@world
def policies(cast, at):
    load_policies(by=None, at=at)
    return {one.code: one for one in Policy.objects.all()}


@world
def draft(cast, policies, at):
    return draft_policy(
        agency=cast.agency, code="", content=content(policies["NILAI-2026"]), before=policies["NILAI-2026"],
        by=cast.dewi_user, at=at,
    )  # fmt: skip


def content(policy, **other):
    names = ("name_id", "name_en", "basis", "track", "brake_percent", "rules")
    return {name: getattr(policy, name) for name in names} | other


def client_of(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def typed(answer, **other):
    """What a browser would send from the page's form: every field as it is shown."""
    page = answer.content.decode()
    sent: dict[str, list[str]] = {}
    for tag, attributes in re.findall(r"<(input|select|textarea)\b([^>]*)>", page):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        name, kind = said.get("name"), said.get("type")
        bare = re.sub(r'"[^"]*"', "", attributes).split()
        if not name or name == "csrfmiddlewaretoken" or (kind in ("checkbox", "radio") and "checked" not in bare):
            continue
        value = said.get("value", "on" if kind == "checkbox" else "")
        if tag != "input":
            inside = re.search(rf'<{tag}\b[^>]*name="{re.escape(name)}"[^>]*>(.*?)</{tag}>', page, re.S).group(1)
            chosen = re.search(r'<option value="([^"]*)"[^>]*selected', inside)
            first = re.search(r'<option value="([^"]*)"', inside)
            value = (chosen or first).group(1) if tag == "select" else inside.removeprefix("\n")
        sent.setdefault(name, []).append(html.unescape(value))
    return sent | {name: value if isinstance(value, list) else [value] for name, value in other.items()}


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_every_rule_has_a_form_and_every_number_a_field_with_a_label_of_its_own(name):
    form = RuleForm(entry={"rule": name}, prefix="rule-0")
    assert form.rule_name == name
    for number in numbers_of(name):
        field = field_for(name, number)
        assert str(field.label) != number.name, f"say what {name}.{number.name} is called"


def test_posts_are_ticked_by_level_of_government():
    field = field_for("ExcludedPosts", numbers_of("ExcludedPosts")[0])
    posts = {"PROVINSI": ["JPT_MADYA", "JPT_PRATAMA"], "KABKOTA": ["PENGAWAS"]}
    assert field.clean(field.prepare_value(posts)) == posts
    assert field.clean([]) is None
    with pytest.raises(ValidationError):
        field.clean(["PROVINSI/RAJA"])


def asks(policy):
    return [(type(rule), rule.describe(), rule.excused_by) for rule in rules.read(policy.rules)]


@pytest.mark.parametrize("code", sorted(path.stem for path in (Path(settings.BASE_DIR) / "docs/policies").iterdir()))
def test_the_next_version_is_prefilled_and_saved_as_it_was(cast, policies, code):
    client, before = client_of(cast.dewi_user), policies[code]
    page = client.get(f"{ADD}?from={before.pk}")
    answer = client.post(ADD, typed(page, do="save"))
    assert answer.status_code == 302, text(answer)
    made = Policy.objects.get(agency=cast.agency)
    assert (made.code, made.version, made.state, made.drafted_by) == (
        before.code,
        before.version + 1,
        "DRAFT",
        cast.dewi_user,
    )
    assert asks(made) == asks(before), made.rules
    assert (made.since, made.until, made.feed_days) == (before.since, before.until, before.feed_days)
    assert made.track == before.track
    assert "The rules and their numbers are the same." in text(client.get(answer["Location"]))


def test_a_number_changed_is_the_difference_a_person_reads(cast, draft):
    client = client_of(cast.dewi_user)
    page = client.get(f"/admin/eligibility/policy/{draft.pk}/edit/")
    sent = typed(page, do="save")
    (score,) = [name for name, value in sent.items() if value == ["100.00"]]
    answer = client.post(f"/admin/eligibility/policy/{draft.pk}/edit/", sent | {score: "85.50"}, follow=True)
    draft.refresh_from_db()
    assert draft.edition == 2
    assert {"rule": "MinimumScore", "minimum": "85.50"} in draft.rules
    said = text(answer)
    assert "What differs from NILAI-2026 v1" in said
    assert "minimum: 100.00" in said
    assert "minimum: 85.50" in said


def test_a_new_policy_is_put_together_without_scripts(cast):
    client = client_of(cast.dewi_user)
    page = client.get(ADD)
    named = {"code": "PANEN-2027", "name_id": "Panen", "name_en": "Harvest", "basis": "SK 1"}
    page = client.post(ADD, typed(page, do="add", add_rule="MinimumRating", **named))
    assert page.status_code == 200
    page = client.post(ADD, typed(page, do="add", add_rule="Weekday"))
    assert 'value="PANEN-2027"' in page.content.decode()
    page = client.post(ADD, typed(page, do="look", **{"rule-1-days": ["3", "5"]}))
    assert "How it reads; nothing has been saved yet" in text(page)
    assert not Policy.objects.exists()
    answer = client.post(ADD, typed(page, do="save"))
    assert answer.status_code == 302, text(answer)
    made = Policy.objects.get()
    assert made.code == "PANEN-2027"
    assert [entry["rule"] for entry in made.rules] == ["MinimumRating", "Weekday"]
    assert made.rules[1]["days"] == [3, 5]


def test_a_rule_removed_takes_nothing_else_with_it(cast, draft):
    client, address = client_of(cast.dewi_user), f"/admin/eligibility/policy/{draft.pk}/edit/"
    page = client.get(address)
    names = [entry["rule"] for entry in draft.rules]
    page = client.post(address, typed(page, do="remove-0", name_en="Half typed, not a", brake_percent="x"))
    shown = page.content.decode()
    assert 'value="Half typed, not a"' in shown
    assert "Enter a whole number" not in shown  # nothing is judged before it is checked or saved
    page = client.post(address, typed(page, do="save", brake_percent="5"))
    assert page.status_code == 302
    draft.refresh_from_db()
    assert [entry["rule"] for entry in draft.rules] == names[1:]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("brake_percent", "101", "The brake is a share from 0 to 100 per cent."),
        ("brake_percent", "many", "Enter a whole number."),
        ("name_id", "", "This field is required."),
        ("rule-0-days", "9", "WeeklyMaximum.days must be a whole number from 1 to 7"),
        ("rule-0-days", "", "This field is required."),
        ("rule-0-earned", "5: 4", "WeeklyMaximum.earned[5] must be a whole number from 0 to 2"),
        ("rule-0-earned", "5", "Enter pairs such as 5: 2, 4: 1"),
        ("rule-0-earned", "{", "This is not JSON"),
        ("rule-0-except", "MAGIC", "unknown ground of an exception: MAGIC"),
        ("rule-1-days", "Monday", "Select a valid choice. Monday is not one of the available choices."),
        ("rule-1-rule", "Magic", "This field is required."),
    ],
)
def test_what_cannot_be_is_said_beside_it_and_what_was_typed_stays(cast, policies, at, field, value, said):
    made = draft_policy(
        agency=cast.agency,
        code="X",
        content=content(policies["NILAI-2026"], rules=[{"rule": "WeeklyMaximum", "days": 2}, {"rule": "Weekday"}]),
        by=cast.dewi_user,
        at=at,
    )
    client, address = client_of(cast.dewi_user), f"/admin/eligibility/policy/{made.pk}/edit/"
    answer = client.post(address, typed(client.get(address), do="save", **{field: value}))
    assert answer.status_code == 200
    assert html.escape(said) in answer.content.decode()
    if field not in ("rule-1-rule", "rule-1-days"):  # a choice that is not on offer cannot be shown again
        assert typed(answer)[field] == [value]
    made.refresh_from_db()
    assert made.edition == 1


def test_a_rule_asked_twice_is_said_above_all(cast, draft):
    client, address = client_of(cast.dewi_user), f"/admin/eligibility/policy/{draft.pk}/edit/"
    page = client.post(address, typed(client.get(address), do="add", add_rule="WeeklyMaximum"))
    assert "rule listed twice: WeeklyMaximum" in text(client.post(address, typed(page, do="save")))


def test_rules_put_together_are_written_as_json(cast, policies, at):
    client = client_of(cast.dewi_user)
    named = {"code": "Y-1", "name_id": "Y", "name_en": "Y"}
    page = client.post(ADD, typed(client.get(ADD), do="add", add_rule="AnyOf", **named))
    inside = '[{"rule": "NotServing"}, {"rule": "MinimumScore", "minimum": 90.5}]'
    answer = client.post(ADD, typed(page, do="save", **{"rule-0-of": inside}))
    assert answer.status_code == 302, text(answer)
    assert Policy.objects.get(code="Y-1").rules == [
        {"rule": "AnyOf", "of": [{"rule": "NotServing"}, {"rule": "MinimumScore", "minimum": "90.5"}]}
    ]


def test_a_stored_rule_that_no_house_knows_is_shown_as_text_and_mended(cast, draft):
    Policy.objects.filter(pk=draft.pk).update(rules=[{"rule": "Gone", "x": 1}])
    client, address = client_of(cast.dewi_user), f"/admin/eligibility/policy/{draft.pk}/edit/"
    assert "can no longer be read" in text(client.get(f"/admin/eligibility/policy/{draft.pk}/change/"))
    page = client.get(address)
    assert "Gone" in typed(page)["rule-0-entry"][0]
    refused = client.post(address, typed(page, do="save"))
    assert "There is no rule “Gone”." in text(refused)
    answer = client.post(address, typed(refused, do="save", **{"rule-0-entry": '{"rule": "ActiveStatus"}'}))
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.rules == [{"rule": "ActiveStatus"}]


def test_an_edition_read_earlier_overwrites_nothing_and_keeps_what_was_typed(cast, draft):
    address = f"/admin/eligibility/policy/{draft.pk}/edit/"
    dewi, hadi = client_of(cast.dewi_user), client_of(cast.hadi_user)
    page = dewi.get(address)
    assert hadi.post(address, typed(hadi.get(address), do="save", name_en="Hadi's")).status_code == 302
    answer = dewi.post(address, typed(page, do="save", name_en="Dewi's"))
    assert "has been changed since you opened it" in text(answer)
    assert typed(answer)["name_en"] == ["Dewi's"]
    draft.refresh_from_db()
    assert draft.name_en == "Hadi's"


@pytest.mark.parametrize(
    "sent",
    [
        {"rules": "99999999999999999999", "do": "save"},
        {"rules": "²", "do": "add", "add_rule": "Magic"},
        {"rules": "3", "do": "remove-x"},
        {"edition": "x", "do": "save", "rules": "1", "rule-0-entry": "[" * 5000},
        {"do": "look"},
        {},
    ],
)
def test_an_odd_post_is_answered_and_never_our_own_failure(cast, draft, sent):
    client = client_of(cast.dewi_user)
    for address in (ADD, f"/admin/eligibility/policy/{draft.pk}/edit/"):
        assert client.post(address, sent).status_code == 200
    assert Policy.objects.get(pk=draft.pk).edition == 1


@pytest.mark.parametrize("odd", ["x", "0", "99999999999999999999", "²"])
def test_a_version_before_that_never_was(cast, odd):
    assert client_of(cast.dewi_user).get(f"{ADD}?from={odd}").status_code == 404


@pytest.mark.parametrize(
    ("who", "page", "adds"),
    [
        ("dewi", 200, 200),
        ("hadi", 200, 200),
        ("ratna", 404, 200),
        ("hr_of_general", 404, 403),
        ("auditor", 403, 403),
        ("agency_admin", 404, 403),
        ("platform", 403, 403),
        ("sari", 302, 302),
        ("budi", 302, 302),
        ("eko", 302, 302),
    ],
)
def test_who_may_open_the_editor(cast, draft, who, page, adds):
    client = client_of(somebody(cast, who))
    assert client.get(f"/admin/eligibility/policy/{draft.pk}/edit/").status_code == page
    assert client.get(ADD).status_code == adds
    client.post(f"/admin/eligibility/policy/{draft.pk}/edit/", {"do": "save", "name_en": "x", "edition": "1"})
    draft.refresh_from_db()
    assert draft.edition == 1
