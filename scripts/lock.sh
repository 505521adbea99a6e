#!/usr/bin/env bash
# Makes requirements.txt and requirements-dev.txt anew from pyproject.toml; needs uv on the PATH (UV=… names another).
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
digest=$(python3 scripts/check_lock.py --print)
flags=(--universal --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
head_lines() { echo "# Locked from pyproject.toml${1:-}; do not edit. Make it anew with: make lock"; echo "# dependencies-sha256: $digest"; }
"$uv" pip compile pyproject.toml "${flags[@]}" -o "$work/run.txt"
"$uv" pip compile pyproject.toml --group dev "${flags[@]}" -c "$work/run.txt" -o "$work/dev.txt"
{ head_lines; cat "$work/run.txt"; } > requirements.txt
{ head_lines " (runtime and dev)"; cat "$work/dev.txt"; } > requirements-dev.txt
