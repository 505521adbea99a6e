"""Calls at the same moment, each in a thread and a connection of its own."""

import threading

from django.db import connections

import eligibility.actions
import employees.actions
import schedules.actions.refused
from schedules.states import Impossible

REFUSALS = (employees.actions.Refused, eligibility.actions.Refused, schedules.actions.refused.Refused, Impossible)


def together(*calls):
    """Run calls at the same moment; their outcomes: None or the refusal's code."""
    gate, outcomes = threading.Barrier(len(calls)), []

    def one(call):
        gate.wait()
        try:
            call()
            outcomes.append(None)
        except REFUSALS as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes, key=str)
