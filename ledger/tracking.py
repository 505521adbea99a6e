"""How a table keeps every version of its rows: pghistory, at statement level, deletes included (libraries.md)."""

import pghistory


def versions(**kwargs):
    """Class decorator: keep each insert, update and delete of the table in `<table>event`."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), **kwargs)
