"""`{{ correction|before_in_words }}` and `{{ correction|after_in_words }}`: for the person and HR only."""

from django import template

from eligibility.models import Correction
from schedules import wording

register = template.Library()


@register.filter
def before_in_words(one: Correction) -> str:
    return wording.outcome(one.before_eligible, one.before_reasons)


@register.filter
def after_in_words(one: Correction) -> str:
    return wording.outcome(one.after_eligible, one.after_reasons)
