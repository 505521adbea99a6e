"""What every page's frame shows."""

from functools import cached_property

from django.conf import settings

from employees.views import Reader
from schedules import permissions, queries


class Frame(Reader):
    """The reader, and what the navigation says to them. Nothing is asked where no template asks (admin, API)."""

    @cached_property
    def waiting(self) -> int:
        """How many requests wait for this person's decision."""
        return queries.waiting_for(self.user).count() if self.person else 0

    @cached_property
    def decides(self) -> bool:
        """Whether requests of others come to this person today."""
        return bool(self.waiting) or (bool(self.person) and permissions.is_supervisor(self.user, self.today))


def portal(request):
    return {"languages": settings.LANGUAGES, "public_url": settings.PUBLIC_URL, "reader": Frame(request)}
