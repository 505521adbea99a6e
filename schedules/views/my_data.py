"""`/account/data/`: what is held about me, who changed and who read it, and a copy of all of it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ledger import exports
from schedules import my_data
from schedules.queries import my_data as queries

from .person import for_person


@require_GET
@for_person
def mine(request):
    """In groups, the person first; of changes and readings the newest, the copy has all."""
    parts = queries.held(request.user)
    groups = [
        {"name": name, "title": title, "parts": [one for one in parts if one.part.group == name]}
        for name, title in queries.GROUPS.items()
    ]
    context = {
        "groups": [group for group in groups if group["parts"]],
        "touches": [
            ("changes", queries.changes(request.user, limit=queries.NEWEST)),
            ("readings", queries.readings(request.user, limit=queries.NEWEST)),
        ],
        "newest": queries.NEWEST,
    }
    return render(request, "account/data.html", context)


@require_POST
@for_person
def copy(request):
    """The copy as a file (`form`: json or pdf); taking it is recorded, so it is no GET."""
    form = "json" if request.POST.get("form") == "json" else "pdf"
    try:
        made = my_data.take_copy(form=form, by=request.user, at=request.reader.now)
    except exports.ExportRefused as refused:
        messages.error(request, str(refused))
        return redirect("my-data")
    return exports.download(made, "my-data")
