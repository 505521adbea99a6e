"""Make the pair of keys that web push needs, as lines for .env."""

from django.core.management.base import BaseCommand

from schedules.notices.sealing import encoded, new_key, point


class Command(BaseCommand):
    help = "Make a new pair of keys for web push and print them as lines for .env; nothing is kept."

    def handle(self, *args, **options):
        key = new_key()
        private = key.private_numbers().private_value.to_bytes(32, "big")
        self.stdout.write(f"WEBPUSH_PUBLIC_KEY={encoded(point(key))}\nWEBPUSH_PRIVATE_KEY={encoded(private)}")
