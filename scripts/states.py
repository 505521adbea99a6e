"""Prints the diagram of a request's states from the one transition table: python scripts/states.py > docs/states.md"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def diagram() -> str:
    """The page with its Mermaid diagram."""
    from schedules.states import START, TRANSITIONS

    edges = [
        f"    {state} --> {after}: {change}" for state, ways in TRANSITIONS.items() for change, after in ways.items()
    ]
    starts = [f"    [*] --> {state}" for state in START]
    lines = ["# The states of a request", "", "Made by `python scripts/states.py` from `schedules/states.py`.", ""]
    return "\n".join([*lines, "```mermaid", "stateDiagram-v2", *starts, *edges, "```", ""])


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
    os.environ.setdefault("SECRET_KEY", "drawing a diagram signs nothing")
    import django

    django.setup()
    sys.stdout.write(diagram())
