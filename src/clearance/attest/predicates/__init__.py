"""What our own statements say, one kind a file; `attest/kinds.py` finds them."""
