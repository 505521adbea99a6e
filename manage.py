#!/usr/bin/env python
"""Django's command-line door."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
    if sys.argv[1:2] == ["demo"]:  # the demo makes its own key, and the settings ask for one
        from wfh_portal.embedded import prepare

        prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
