"""Prints the diagrams of states from the transition tables of the code: python scripts/states.py > docs/states.md"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def diagram() -> str:
    """The page with its Mermaid diagrams, one a transition table."""
    from eligibility import states as policies
    from schedules import states as requests

    return "\n".join(
        [
            *_drawn("The states of a request", "schedules/states.py", requests),
            *_drawn("The states of a policy", "eligibility/states.py", policies),
        ]
    )


def _drawn(title: str, source: str, table) -> list[str]:
    edges = [
        f"    {state} --> {after}: {change}"
        for state, ways in table.TRANSITIONS.items()
        for change, after in ways.items()
    ]
    starts = [f"    [*] --> {state}" for state in table.START]
    lines = [f"# {title}", "", f"Made by `python scripts/states.py` from `{source}`.", ""]
    return [*lines, "```mermaid", "stateDiagram-v2", *starts, *edges, "```", ""]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
    os.environ.setdefault("SECRET_KEY", "drawing a diagram signs nothing")
    import django

    django.setup()
    sys.stdout.write(diagram())
