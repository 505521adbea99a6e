"""Asking one question of the matrix: a request that leaves no trace, its answer in one word, and what it wrote."""

import json
import re

from django.db import connection, transaction
from django.http import HttpResponse

from .routes import Route, body
from .world import MODELS, World

# Tables that a request may write without having done anything: sessions, rate limits, who looked at what.
PASSING = (
    "employees_session",
    "employees_attempt",
    "portal_cache",
    "pghistory_context",
    "usersessions",
    "ledger_readlog",
    "ledger_reply",
    "ledger_limit",
)
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "FETCH", "DECLARE", "CLOSE")
DIGEST = "SELECT '{name}' AS name, count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)), 0) AS h FROM \"{name}\" t"
TOKENS = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"')


def tables() -> list[str]:
    """The tables whose rows are business: all of ours, their history, accounts and tokens."""
    names = connection.introspection.table_names()
    return sorted(name for name in names if not any(part in name for part in PASSING))


class Watch:
    """What of the tables changed: one statement before and one after a request."""

    def __init__(self):
        parts = [DIGEST.format(name=name) for name in tables() if name != "ledger_event"]
        parts += [f"{DIGEST.format(name='ledger_event')} WHERE verb <> 'denied'"]
        self.sql = " UNION ALL ".join(parts)
        self.before = self.digest()
        self.wrote, self.denials = False, 0

    def __call__(self, execute, sql, params, many, context):
        """Counts events of a denial, and notes whether another statement could have written."""
        if sql.startswith('INSERT INTO "ledger_event"') and "denied" in (params or ()):
            self.denials += 1
        elif not sql.startswith(READS) and not any(f'"{name}' in sql[:80] for name in PASSING):
            self.wrote = True
        return execute(sql, params, many, context)

    def digest(self) -> dict[str, tuple]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql)
            return {name: (count, digest) for name, count, digest in cursor.fetchall()}

    def written(self) -> list[str]:
        """The tables that differ from the world as it was built; asked only where a statement wrote at all."""
        if not self.wrote:
            return []
        now = self.digest()
        return [name for name in now if now[name] != self.before[name]]


class Answer:
    """A response as the table says it; `told`: what the next page will tell, after a redirect."""

    def __init__(self, response: HttpResponse, written: list[str], denials: int, sent):
        self.status, self.written, self.denials = response.status_code, written, denials
        where = response.headers.get("Location", "")
        led = self.status == 302 and ("/accounts/login/" in where or where.startswith("/admin/login/"))
        self.said = ("login" if led else str(self.status)) + ("+" if written else "")
        self.body = _body(response, sent)
        storage = getattr(response.wsgi_request, "_messages", None)
        self.told = [str(one) for one in getattr(storage, "_queued_messages", ())]


def _body(response: HttpResponse, sent) -> bytes:
    """What is read, without what differs by request."""
    content = b"".join(response) if response.streaming else response.content
    asked, query = response.request["PATH_INFO"], response.request.get("QUERY_STRING", "")
    content = content.replace(query.encode(), b"QUERY") if query else content  # the form of the language leads back
    fields = sent if isinstance(sent, dict) else sent[0] if sent else {}
    for text in fields.values():
        for echo in (f'value="{text}"', f'"id":{text}', f"“{text}”"):
            content = content.replace(echo.encode(), b"SENT")
    return TOKENS.sub(b"", content).replace(asked.encode(), b"PATH")


def ask(world: World, watch: Watch, role: str, route: Route, verb: str, relation: str, **headers) -> Answer:
    """One request as one role, undone afterwards."""
    client = world.client(role)
    data = body(route, world, relation) if verb == "POST" else None
    watch.wrote, watch.denials = False, 0
    with transaction.atomic():
        with connection.execute_wrapper(watch):
            response = _sent(world, client, route, verb, relation, data, headers)
        tables = watch.written()
        transaction.set_rollback(True)
    return Answer(response, tables, watch.denials, data)


def _sent(world: World, client, route: Route, verb: str, relation: str, data, headers: dict):
    address = route.address(world, relation)
    if route.door == "api":
        match = {"HTTP_IF_MATCH": f'"{_version(world, route, relation)}"'} if verb == "POST" else {}
        sent = json.dumps(data) if data is not None else ""
        return client.generic(verb, address, sent, "application/json", **match, **headers)
    if verb == "POST":
        return client.post(address, data, **headers)
    return client.generic(verb, address, **headers)


def _version(world: World, route: Route, relation: str) -> int:
    return world.version(route.kind, relation) if route.kind in MODELS else 1
