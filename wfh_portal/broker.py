"""Redis as kombu speaks it, but a message that is none ends no worker (F59).

kombu lets whatever it cannot read fly through the event loop: a few bytes in a queue would end the worker. Here they
are dropped: a line in the log counts them and says of what kind they were, never what they held. Work of ours is not
lost with them, for that stands in PostgreSQL.
"""

import contextlib
import itertools
import logging
from queue import Empty

from celery.exceptions import WorkerShutdown
from kombu.transport import redis

log = logging.getLogger(__name__)
_numbers = itertools.count(1)


class Channel(redis.Channel):
    def _brpop_read(self, **options):
        with self._dropping():
            return super()._brpop_read(**options)

    def _receive_one(self, c):
        with self._dropping():
            return super()._receive_one(c)

    def basic_consume(self, queue, no_ack, callback, *args, **kwargs):
        """What Celery itself stumbles over may have taken a place in its pool, so a fresh worker is better; the message
        is not put back, or it would end that one as well."""

        def carefully(message):
            with self._dropping(then=lambda: _give_up(message)):
                return callback(message)

        return super().basic_consume(queue, no_ack, carefully, *args, **kwargs)

    @contextlib.contextmanager
    def _dropping(self, then=lambda: None):
        try:
            yield
        except Empty:
            raise
        except Exception as error:
            # kombu counts KeyError among the lost connections; here it is a message without what each must have.
            if isinstance(error, self.connection_errors) and not isinstance(error, KeyError):
                raise
            log.warning("a message that is none was dropped: %s, no. %d here", type(error).__name__, next(_numbers))
            then()


def _give_up(message) -> None:
    if not message.acknowledged:
        message.reject()
    raise WorkerShutdown(1)


class Transport(redis.Transport):
    Channel = Channel
