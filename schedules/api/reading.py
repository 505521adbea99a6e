"""Lists of other people's records: whoever is shown a page of them, it is in the read log (rulings.md 26)."""

from django.utils import timezone
from rest_framework import generics

from ledger.reading import seen


class ListOfRecords(generics.ListAPIView):
    """A list that shows more of people than where they work on a day. `what` names it in the read log."""

    what: str

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        people = [(row.employee_id, row.agency_id) for row in page or []]
        seen(by=self.request.user, people=people, what=self.what, at=timezone.now())
        return page
