"""Every column says what it tells of a person; the page about it is in step."""

import dataclasses
from pathlib import Path

from django.conf import settings
from django.db import models

from employees.models import Employee
from scripts.dpia import page
from wfh_portal import personal


def test_every_column_of_every_table_is_classified():
    assert personal.unclassified() == []


def test_the_guard_sees_a_column_that_nobody_classified(monkeypatch):
    told = dataclasses.replace(personal.TABLES["employees.Employee"], general="nip")
    monkeypatch.setitem(personal.TABLES, "employees.Employee", told)
    assert {"employees.Employee.name", "employees.EmployeeEvent.name"} <= set(personal.unclassified())


def test_no_column_is_said_twice_and_none_that_is_not_there():
    by_label = {model._meta.label: model for model in personal.tables()}
    for label, table in personal.TABLES.items():
        said = [name for kind in personal.KINDS for name in table.columns(kind)]
        assert len(said) == len(set(said)), label
        fields = {field.name: field for field in by_label[label]._meta.concrete_fields}
        assert set(said) <= set(fields), label
        assert not [name for name in said if isinstance(fields[name], models.ForeignKey)], "links say it themselves"


def test_what_is_personal_has_a_reason_and_an_end():
    for label, table in personal.TABLES.items():
        kept = table.general or table.specific or table.free or table.link
        assert bool(kept) == table.personal, label
        assert bool(table.until) == table.personal, label


def test_a_link_to_a_person_is_one():
    supervisor = Employee._meta.get_field("placements").related_model._meta.get_field("supervisor")
    assert personal.kind_of(supervisor) == "link"
    assert personal.kind_of(Employee._meta.get_field("agency")) == "nothing"


def test_the_committed_page_is_in_step():
    committed = (Path(settings.BASE_DIR) / "docs" / "dpia.md").read_text(encoding="utf-8")
    assert committed == page(), "run: python scripts/dpia.py > docs/dpia.md"
