"""Prints the page about personal data, from `wfh_portal/personal.py`: python scripts/dpia.py > docs/dpia.md"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """# Personal data: what is kept, why, and what protects it

Made by `python scripts/dpia.py` from `wfh_portal/personal.py`; a column that stands nowhere there is refused by
`manage.py check --deploy` (wfh.E023). It is the technical part of an agency's assessment under UU 27/2022 pasal 34:
decisions about people are made from scores, by a machine, for many.

| Risk | What holds |
|---|---|
| A wrong decision | only approved scores; every fact with its source; correction, objection, a person decides |
| Somebody reads what is not theirs | `visible_to` on every read, 404 for the rest; readings of others are logged |
| Data leave by a side door | none in logs, messages, addresses (`tests/runtime/test_leaks.py`); files signed |
| An account is taken over | Argon2id, limits on failures, second factor, sessions end; tokens kept as digests |
| History is altered | append-only tables, two database roles, a sealed chain |
| Kept too long | log-ins, counts and kept answers are deleted by the portal; the rest by the agency (below) |

"Proposed until" is our proposal, not a rule of law: each agency fixes its terms (JRA) and deletes by them.

Kinds: *general* and *specific* as in pasal 4; *link* points at a person; *free* was typed by people; *opens* is what
opens something, or a digest of it. History tables hold the same columns as their tables, never changed.
"""


def page() -> str:
    """The whole page."""
    from wfh_portal import personal

    lines = [HEAD, "| Table | Why | Proposed until | Columns |", "|---|---|---|---|"]
    for model in sorted(personal.tables(), key=lambda model: model._meta.label):
        table = personal.TABLES.get(model._meta.label)
        if table is None or not table.personal:
            continue
        found: dict[str, list[str]] = {}
        for field in model._meta.concrete_fields:
            found.setdefault(personal.kind_of(field) or "?", []).append(field.name)
        said = "; ".join(f"*{kind}* {', '.join(found[kind])}" for kind in personal.KINDS[:-1] if kind in found)
        lines.append(f"| {model._meta.label} | {table.why} | {table.until} | {said} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
    os.environ.setdefault("SECRET_KEY", "printing a page signs nothing")
    import django

    django.setup()
    sys.stdout.write(page())
