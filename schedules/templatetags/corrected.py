"""`{{ correction|before_in_words }}` and `{{ correction|after_in_words }}`: for the person and HR only."""

from django import template

from eligibility.models import Correction
from schedules import wording

register = template.Library()


@register.filter
def before_in_words(one: Correction) -> str:
    return wording.before_correction(one)


@register.filter
def after_in_words(one: Correction) -> str:
    return wording.after_correction(one)
