"""What every page's frame shows."""

from django.conf import settings


def portal(request):
    return {"languages": settings.LANGUAGES, "public_url": settings.PUBLIC_URL}
