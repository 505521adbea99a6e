"""Searching as a form does it: what is typed is posted, the address that follows carries its mark."""

from django.http import QueryDict


def mark(client, text, name="q") -> str:
    """What stands in an address for a text this client has typed."""
    asked = client.post("/search/", {"here": "/", name: text}).headers.get("Location", "").partition("?")[2]
    return QueryDict(asked).get(name, "")


def search(client, here, text, name="q", **more):
    """The page that a search leads to."""
    return client.get(client.post("/search/", {"here": here, name: text, **more})["Location"])
