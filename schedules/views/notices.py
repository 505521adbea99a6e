"""`/notices/`: what I was told, in the words of the mails. Reading decides nothing and changes nothing."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_GET

from schedules.models import Notice
from schedules.notices import spoken

from .person import for_person

A_PAGE = 30


@require_GET
@for_person
def my_notices(request):
    """My notices, the newest first: `?page=2` for older ones."""
    mine = Notice.objects.visible_to(request.user).select_related("receiver")
    page = Paginator(mine, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "schedules/notices.html", {"page": page, "notices": spoken(list(page.object_list))})
