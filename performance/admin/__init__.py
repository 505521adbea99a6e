"""The admin of scores and of the files they come in."""

from . import appraisals, imports

__all__ = ["appraisals", "imports"]
