"""Requests made up from the API's own document, and whether an answer is one that it promises (F58).

Schemathesis does the same and more, for thirty further packages; what it found is mended, and this keeps it so.
"""

import json
import re

from drf_spectacular.generators import SchemaGenerator
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ODD = ["", "null", "NaN", "-1", "0", "9" * 40, "1e400", "\0", "²", "\ud800", "' OR 1=1--", "../..", "%00", "x" * 3000]
ODD_JSON = [None, True, -1, 0, 2**63, 10**40, 1.5, "", "²", "\0", [], {}, [[]], {"a": {}}, "2026-02-30", "x" * 3000]


class Document:
    """The OpenAPI document: its operations, requests for them, and what each may answer."""

    def __init__(self):
        self.schema = SchemaGenerator().get_schema(request=None, public=True)
        self.nullable = _nullable(self.schema)

    def operations(self) -> list[tuple[str, str, dict]]:
        return [(path, verb, one) for path, verbs in self.schema["paths"].items() for verb, one in verbs.items()]

    def requests(self, path: str, verb: str, operation: dict, rows: dict[str, list]):
        """Address, body and headers: each part as the document has it, or odd. `rows` names what there is."""
        named = operation.get("parameters", [])
        parts = {
            (one["in"], one["name"]): st.one_of(
                st.sampled_from([str(row) for row in rows.get(one["name"], [])] or ["1"]),
                self._as_said(one["schema"]).map(str),
                st.sampled_from(ODD),
            )
            for one in named
            if one["in"] in ("path", "query", "header") and "schema" in one
        }
        given = {key: values for key, values in parts.items() if key[0] == "path"}
        maybe = {key: values for key, values in parts.items() if key[0] != "path"}
        content = operation.get("requestBody", {}).get("content", {})
        body = self._as_said(content["application/json"]["schema"], odd=True) if content else st.none()
        return st.tuples(st.fixed_dictionaries(given, optional=maybe), body)

    def _as_said(self, schema: dict, odd: bool = False):
        """Values of a schema; with `odd`, any value may be another kind of thing and any field be missing."""
        return st.one_of(self._made(schema, odd), st.sampled_from(ODD_JSON)) if odd else self._made(schema, odd)

    def _made(self, schema: dict, odd: bool):
        if "$ref" in schema:
            return self._as_said(self.schema["components"]["schemas"][schema["$ref"].rpartition("/")[2]], odd)
        if several := schema.get("oneOf") or schema.get("allOf"):
            return st.one_of([self._as_said(one, odd) for one in several])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True)
        kind = schema.get("type")
        if kind == "object":
            fields = {name: self._as_said(one, odd) for name, one in schema.get("properties", {}).items()}
            return st.fixed_dictionaries({}, optional=fields | {"foreign": st.just(1)})
        if kind == "array":
            return st.lists(self._as_said(schema["items"], odd), max_size=3)
        if schema.get("format") == "date":
            return st.dates().map(str)
        simple = {"integer": st.integers(), "boolean": st.booleans(), "string": st.text(max_size=30)}
        return simple.get(kind, st.sampled_from(ODD_JSON))

    def broken(self, operation: dict, answer) -> str | None:
        """What an answer is that the document does not promise; None where it keeps its word."""
        promised = operation["responses"].get(str(answer.status_code))
        if promised is None:
            return "no such status"
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if kind not in promised.get("content", {kind: None}):
            return f"no such type: {kind}"
        if not re.fullmatch(r"application/(\w+\+)?json", kind):
            return None
        schema = promised["content"][kind]["schema"] | {"components": self.nullable["components"]}
        wrong = next(Draft202012Validator(_nullable(schema)).iter_errors(json.loads(answer.content)), None)
        return wrong and f"{'/'.join(map(str, wrong.path))}: {wrong.message[:200]}"


def _nullable(node):
    """`nullable` of OpenAPI 3.0 as JSON Schema says it."""
    if isinstance(node, list):
        return [_nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _nullable(one) for name, one in node.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made
