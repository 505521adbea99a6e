"""Every template compiles, and no form sends a number as readers read it (1.234.567)."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())
# A row's number or version in a value or an address, without a filter that writes it plainly.
GROUPED = re.compile(
    r"""(?:value="|[?&;]\w+=)\{\{ *(?![\w.]*public_id)[\w.]*(?:pk|_id|version|edition|page_number) *\}\}"""
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles_and_sends_plain_numbers(name):
    get_template(name)
    assert GROUPED.findall((FOLDER / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    ['<option value="{{ one.pk }}">', '<a href="?agency={{ agency_id }}">', "?a=b&amp;p={{ page.next_page_number }}"],
)
def test_the_guard_sees_one(text):
    assert GROUPED.search(text)
    assert not GROUPED.search(text.replace(" }}", "|unlocalize }}"))
