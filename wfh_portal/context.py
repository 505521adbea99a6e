"""What every page's frame shows."""

from functools import cached_property

from django.conf import settings

from employees.models import Employee
from employees.views import Reader
from schedules import permissions, queries


class Frame(Reader):
    """The reader, and what the navigation says to them. Nothing is asked where no template asks (admin, API)."""

    @cached_property
    def waiting(self) -> int:
        """How many requests wait for this person's decision."""
        return queries.waiting_for(self.user, self.lenders).count() if self.person else 0

    @cached_property
    def lenders(self) -> dict[int, Employee]:
        """For whom this person stands in today."""
        return permissions.stands_in_for(self.user.reach.me) if self.person else {}

    @cached_property
    def decides(self) -> bool:
        """Whether requests of others come to this person today."""
        if self.waiting or self.lenders:
            return True
        return bool(self.person) and permissions.is_supervisor(self.user, self.today)

    @cached_property
    def oversees(self) -> bool:
        """Whether the page of the team has units to show to this person, by their grants."""
        return bool(self.person) and queries.oversees(self.user)


def portal(request):
    return {"languages": settings.LANGUAGES, "public_url": settings.PUBLIC_URL, "reader": Frame(request)}
