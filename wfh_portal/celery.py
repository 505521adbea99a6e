"""The workers' door: the app, its queues and the whole timetable on one screen.

Redis carries messages only. What is due, who works on it and what is done stands in PostgreSQL; beat merely asks often.
"""

import os
import ssl

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init, worker_process_init
from django.conf import settings
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
# By name, because REDIS_URL may name a socket (redis+socket://), where the setting for a transport does not count.
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "wfh_portal.broker:Transport"

app = Celery("wfh_portal", task_cls="wfh_portal.recorded:RecordedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.update(
    task_queues=[Queue("default"), Queue("mail"), Queue("bulk")],  # mail never waits behind a bulk run
    task_default_queue="default",
    task_routes={
        **dict.fromkeys(("tick", "drain", "seal", "purge"), {"queue": "default"}),
        **dict.fromkeys(("drain_mail", "drain_push"), {"queue": "mail"}),
        **dict.fromkeys(("work", "compare"), {"queue": "bulk"}),
    },
    task_create_missing_queues=False,  # a task without a route is an error, not a queue that nobody reads
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_soft_time_limit=280,
    task_time_limit=300,  # soft < hard < visibility timeout (reliability.md M4)
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=1_000,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if settings.CELERY_BROKER_URL.startswith("rediss:") else None,
    broker_transport_options={"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 2},
    beat_schedule={
        "tick": {"task": "tick", "schedule": settings.TICK_SECONDS, "options": {"expires": settings.TICK_SECONDS}},
        "drain": {"task": "drain", "schedule": settings.OUTBOX_SECONDS, "options": {"expires": 10}},
        "drain_mail": {"task": "drain_mail", "schedule": settings.OUTBOX_SECONDS, "options": {"expires": 10}},
        "drain_push": {"task": "drain_push", "schedule": settings.OUTBOX_SECONDS, "options": {"expires": 10}},
        # Not at every tick: HR may change scores all day, and each look reads the whole agency.
        "compare": {"task": "compare", "schedule": settings.COMPARE_SECONDS, "options": {"expires": 60}},
        "seal": {"task": "seal", "schedule": 60, "options": {"expires": 60}},
        "purge": {"task": "purge", "schedule": crontab(minute=17), "options": {"expires": 3600}},
    },
)


@worker_init.connect
@beat_init.connect
def start_only_when_safe(**_kwargs) -> None:
    """Workers and beat start under the web server's conditions: what is not safe ends here."""
    from .checks import refuse_what_is_unsafe

    refuse_what_is_unsafe()


@worker_process_init.connect
def forget_connections(**_kwargs) -> None:
    """A forked worker never uses its parent's database connections."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.connection = None
