"""By which one knows a device of one's own again: browser and system, no more. Pure.

The words are made when somebody logs in; what the browser said of itself is not kept.
"""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """Such as `Chrome · Android`; empty where the browser says nothing that is known."""
    found = (next((name for part, name in table if part in agent), "") for table in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, found))
