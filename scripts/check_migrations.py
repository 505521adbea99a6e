"""Our migrations form one line per app: two branches would be applied in an order nobody reviewed."""

import os
import sys

APPS = ("ledger", "employees", "performance", "eligibility", "schedules")


def main() -> int:
    """Print each fork; exit 1 if there is one."""
    sys.path.insert(0, os.getcwd())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
    import django

    django.setup()
    from django.db.migrations.loader import MigrationLoader

    nodes = MigrationLoader(None).graph.node_map
    problems = []
    for app in APPS:
        for (label, name), node in sorted(nodes.items()):
            children = sorted(child.key[1] for child in node.children if child.key[0] == app)
            if label == app and len(children) > 1:
                problems.append(f"{app}: {name} is followed by {' and '.join(children)}")
        first = [
            key[1] for key, node in nodes.items() if key[0] == app and not any(p.key[0] == app for p in node.parents)
        ]
        if len(first) > 1:
            problems.append(f"{app}: more than one first migration: {', '.join(sorted(first))}")
    print("\n".join(problems))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
