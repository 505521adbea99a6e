"""The roof: settings, urls, workers, embedded services. Wiring only.

Nothing is imported here: `python -m wfh_portal.embedded` and `manage.py demo` start before there are settings.
"""
