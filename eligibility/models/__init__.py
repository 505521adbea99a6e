"""Policies, weekly runs, decisions, and what may change after a week was published."""

from .corrections import Correction, Objection, Suspension
from .decisions import Decision
from .policies import Policy, PolicyInForce
from .runs import Run, RunProblem, Standing

__all__ = [
    "Correction",
    "Decision",
    "Objection",
    "Policy",
    "PolicyInForce",
    "Run",
    "RunProblem",
    "Standing",
    "Suspension",
]
