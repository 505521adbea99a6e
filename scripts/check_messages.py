"""Both catalogues are complete and compiled, and collecting once more would add nothing."""

import pathlib
import shutil
import sys
import tempfile

import polib
from messages import GETTEXT_MISSING, LANGUAGES, ROOT, catalogue, collect

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", ".data*", "staticfiles", "__pycache__", "tests", ".*_cache", "*.mo"
)


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    """What tells messages apart: context and id."""
    return entry.msgctxt, entry.msgid


def words(entry: polib.POEntry) -> object:
    """The translation, singular or all plural forms."""
    return dict(entry.msgstr_plural) if entry.msgid_plural else entry.msgstr


def catalogue_problems(language: str) -> list[str]:
    """Untranslated, fuzzy and uncompiled messages of one language."""
    path = catalogue(language)
    if not path.exists():
        return [f"{language}: there is no catalogue; run `make messages`"]
    po = polib.pofile(str(path))
    found = [f"{language}: not translated: {entry.msgid!r}" for entry in po.untranslated_entries()]
    found += [f"{language}: fuzzy: {entry.msgid!r}" for entry in po.fuzzy_entries()]
    compiled = path.with_suffix(".mo")
    mo = {key(entry): words(entry) for entry in polib.mofile(str(compiled))} if compiled.exists() else {}
    if mo != {key(entry): words(entry) for entry in po.translated_entries()}:
        found.append(f"{language}: {compiled.name} is not what {path.name} compiles to; run `make messages`")
    return found


def uncollected() -> list[str]:
    """Messages in code or templates that the catalogues lack, and ones they keep for nothing; on a copy."""
    if not shutil.which("xgettext"):
        print(GETTEXT_MISSING)
        return []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        collect(copy)
        for language in LANGUAGES:
            fresh = {key(entry) for entry in polib.pofile(str(catalogue(language, copy))) if not entry.obsolete}
            ours = {key(entry) for entry in polib.pofile(str(catalogue(language))) if not entry.obsolete}
            found += [f"{language}: not collected: {msgid!r}" for _, msgid in sorted(fresh - ours, key=str)]
            found += [f"{language}: no longer used: {msgid!r}" for _, msgid in sorted(ours - fresh, key=str)]
    return found


def main() -> int:
    """Print the problems; exit 1 if there are any."""
    problems = [problem for language in LANGUAGES for problem in catalogue_problems(language)]
    if all(catalogue(language).exists() for language in LANGUAGES):
        problems += uncollected()
    for problem in problems[:60]:
        print(problem)
    if len(problems) > 60:
        print(f"… and {len(problems) - 60} more")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
