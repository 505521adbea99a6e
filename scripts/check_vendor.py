"""What lies in static/vendor is what VENDOR.md says: every file listed, with the SHA-256 of its review."""

import hashlib
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "static" / "vendor"


def listed() -> dict[str, str]:
    """File and SHA-256 from the table ``| file | name | version | licence | sha256 |``."""
    rows = {}
    for line in (FOLDER / "VENDOR.md").read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and len(cells[4]) == 64:
            rows[cells[0]] = cells[4]
    return rows


def main() -> int:
    """Print each difference; exit 1 if there is one."""
    if not FOLDER.exists():
        return 0
    rows = listed()
    found = {str(path.relative_to(FOLDER)): path for path in FOLDER.rglob("*") if path.is_file()}
    found.pop("VENDOR.md")
    problems = [f"{name} is listed in VENDOR.md but missing" for name in sorted(rows.keys() - found.keys())]
    problems += [f"{name} is not listed in VENDOR.md" for name in sorted(found.keys() - rows.keys())]
    for name in sorted(rows.keys() & found.keys()):
        digest = hashlib.sha256(found[name].read_bytes()).hexdigest()
        if digest != rows[name]:
            problems.append(f"{name} has the SHA-256 {digest}, not the one in VENDOR.md")
    print("\n".join(problems))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
