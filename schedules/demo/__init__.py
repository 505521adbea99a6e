"""Made-up agencies and people for a first look: no real person, no real number (serials 9xx, mail at contoh.test)."""

from .accounts import give_passwords
from .load import DemoRefused, is_seeded, seed

__all__ = ["DemoRefused", "give_passwords", "is_seeded", "seed"]
