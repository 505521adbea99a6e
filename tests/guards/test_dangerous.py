"""What runs text as code, skips escaping or skips a check is not there, or stands here with its reason.

Ruff's S rules and bandit find much of it line by line; this guard knows our own exceptions and the templates too.
"""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "eval": "runs text",
    "exec": "runs text",
    "compile": "runs text",
    "mark_safe": "skips escaping",
    "SafeString": "skips escaping",
    "csrf_exempt": "skips the token of forms",
    "extra": "raw SQL in a query",
    "raw": "raw SQL in a query",
    "RawSQL": "raw SQL in a query",
    "system": "runs a shell",
    "popen": "runs a shell",
}
HARMLESS = {("re", "compile"), ("platform", "system"), ("typst", "compile")}
MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "telnetlib", "ftplib", "xml"}
ALLOWED = {
    ("eligibility/engine/judging.py", "RawSQL"),  # a column of the relation of facts, by our own names
    ("employees/models/people.py", "RawSQL"),  # a constant
}
NOTICES = re.compile(r"templates/(?:notices|letters)/.*\.txt")  # plain text: escaping would be seen by the reader
TEMPLATE = {
    r"\|\s*safe(seq)?\b": "skips escaping",
    r"<script(?![^>]*\ssrc=)": "an inline script; the content policy forbids it",
    r"\sstyle=": "an inline style; the content policy forbids it",
    r"\son[a-z]+=": "an inline handler; the content policy forbids it",
    r"\bhttps?://(?!www\.w3\.org)[^\"'\s]+\.(?:js|css)\b": "a file of somebody else's server",
}


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def code():
    return [name for name in tracked("*.py") if not name.startswith(("tests/", "benchmarks/"))]


def dangers(text):
    """Each dangerous call or import of a source text, by name."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            for name in [module, *(one.name for one in node.names)]:
                if name.partition(".")[0] in MODULES or name in NAMES:
                    yield name
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in NAMES and (owner, name) not in HARMLESS:
                yield name
            if any(word.arg == "shell" and getattr(word.value, "value", True) for word in node.keywords):
                yield "shell=True"


def test_code():
    assert {(name, danger) for name in code() for danger in dangers((ROOT / name).read_text())} == ALLOWED


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import pickle",
        "from xml.etree import ElementTree",
        "from django.utils.safestring import mark_safe",
        "@csrf_exempt()\ndef f(): ...",
        "subprocess.run('ls', shell=True)",
        "os.system('ls')",
        "Employee.objects.raw(f'SELECT {x}')",
        "queryset.extra(where=['1=1'])",
    ],
)
def test_the_guard_sees_it_in_code(text):
    assert list(dangers(text))


def skipped(name, text):
    """What a template does that escaping or the content policy would forbid."""
    markup = re.sub(r"{%.*?%}", "", text, flags=re.S)
    found = [why for pattern, why in TEMPLATE.items() if re.search(pattern, markup)]
    if "autoescape off" in text and not NOTICES.fullmatch(name):
        found.append("skips escaping")
    return found


def test_templates():
    found = {name: skipped(name, (ROOT / name).read_text()) for name in tracked("templates/*.html", "templates/*.txt")}
    assert {name: why for name, why in found.items() if why} == {}


@pytest.mark.parametrize(
    "text",
    [
        "{{ x|safe }}",
        "<script>x</script>",
        '<p style="x">',
        '<a onclick="x">',
        "{% autoescape off %}",
        "{{ x | safe }}",
    ],
)
def test_the_guard_sees_it_in_a_template(text):
    assert skipped("templates/x.html", text)


def unreasoned(text):
    """Suppressed security findings without a reason beside them."""
    lines = (line for line in text.splitlines() if re.search(r"# (ruff: )?no(qa: S\d|sec)", line))
    return [line for line in lines if not re.search(r"(noqa: (S\d+(, )?)+|nosec B\d+)\W+\w.{7,}", line)]


def test_a_suppressed_finding_has_its_reason():
    assert [(name, line) for name in code() for line in unreasoned((ROOT / name).read_text())] == []


def test_the_guard_sees_a_missing_reason():
    assert unreasoned("x = 1  # noqa: S608") and unreasoned("x = 1  # nosec")  # noqa: PT018
    assert not unreasoned("x = 1  # noqa: S608  parts of our own")
