"""What a canary showed about each guard; `attest/liveness.py` makes it."""

from clearance.attest.liveness import LivenessPredicate

__all__ = ["LivenessPredicate"]
