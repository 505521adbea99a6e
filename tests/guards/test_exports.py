"""Every file that leaves the portal goes through `ledger.exports`: recorded, limited, signed, run by no spreadsheet."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
FLOORS = ("ledger", "employees", "performance", "eligibility", "schedules", "wfh_portal")
SIGNS = ("text/csv", "attachment;", "spreadsheetml", "application/pdf")
CALLS = {"writer", "DictWriter", "FileResponse", "StreamingHttpResponse", "Workbook"}
# What may write a file by itself, each with its reason. The only list.
ITSELF = {
    "ledger/exports.py": "it is the one place",
    "performance/forms.py": "names the kind of file a browser offers for upload",
    "employees/management/commands/create_accounts.py": "first log-in links for an administrator's own machine, closed "
    "to others; secrets for one use, which a signature would not make any safer",
    "schedules/demo/load.py": "feeds made-up people to the import",
}


def writes_files(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and any(sign in node.value for sign in SIGNS):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CALLS:
                return True
    return False


def sources():
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def test_no_file_leaves_beside_the_exports():
    found = {name for name, source in sources() if writes_files(source)}
    assert found == set(ITSELF)


@pytest.mark.parametrize(
    "source",
    [
        'HttpResponse(content_type="text/csv; charset=utf-8")',
        "csv.writer(response).writerow(row)",
        "openpyxl.Workbook()",
        'answer["Content-Disposition"] = f\'attachment; filename="{name}"\'',
        "FileResponse(made)",
    ],
)
def test_a_file_of_its_own_is_found(source):
    """The twin."""
    assert writes_files(source)
