"""Statements of other people's kinds (in-toto, SLSA), exactly by their specifications, one kind a file."""
