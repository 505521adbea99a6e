"""The drawn states are those of the code."""

from pathlib import Path

from django.conf import settings

from scripts.states import diagram


def test_the_committed_diagram_is_in_step():
    committed = (Path(settings.BASE_DIR) / "docs" / "states.md").read_text(encoding="utf-8")
    assert committed == diagram(), "run: python scripts/states.py > docs/states.md"
