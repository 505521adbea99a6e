"""``make messages``: collect the messages of code and templates into locale/, and compile them.

Collecting needs gettext's xgettext; compiling does not. English is the source language, so its catalogue is filled from
the message ids; Indonesian is translated by people.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import polib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LANGUAGES = ("id", "en")
GETTEXT_MISSING = (
    "gettext is not installed, so messages cannot be collected. On Debian or Ubuntu: sudo apt install gettext"
)


def catalogue(language: str, root: pathlib.Path = ROOT) -> pathlib.Path:
    """The catalogue of a language."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def collect(root: pathlib.Path) -> None:
    """Let Django gather the messages under ``root`` into its catalogues."""
    command = [
        sys.executable,
        "manage.py",
        "makemessages",
        "-v0",
        "--no-obsolete",
        "--no-wrap",
        "--add-location",
        "file",
    ]
    for language in LANGUAGES:
        catalogue(language, root).parent.mkdir(parents=True, exist_ok=True)
        command += ["-l", language]
    for ignored in (".venv*", ".data*", "staticfiles", "tests", "benchmarks", "scripts", "node_modules"):
        command += ["-i", ignored]
    env = {"SECRET_KEY": "collecting messages signs nothing, so this key protects nothing", **os.environ}
    subprocess.run(command, cwd=root, env=env, check=True)


def tidy(path: pathlib.Path, *, source: bool) -> polib.POFile:
    """Drop what changes at every run, and fill the source language from its ids."""
    po = polib.pofile(str(path), wrapwidth=0)
    po.metadata.pop("POT-Creation-Date", None)
    for entry in po if source else ():
        if entry.msgid_plural:
            entry.msgstr_plural = {0: entry.msgid, 1: entry.msgid_plural}
        else:
            entry.msgstr = entry.msgid
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
    po.save()
    return po


def main() -> int:
    """Collect, tidy, compile, and say how much is left to translate."""
    if shutil.which("xgettext"):
        collect(ROOT)
    else:
        print(GETTEXT_MISSING)
    for language in LANGUAGES:
        path = catalogue(language)
        if not path.exists():
            continue
        po = tidy(path, source=language == "en")
        po.save_as_mofile(str(path.with_suffix(".mo")))
        open_entries = len(po.untranslated_entries()) + len(po.fuzzy_entries())
        print(f"{language}: {len(po.translated_entries())} translated, {open_entries} to do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
