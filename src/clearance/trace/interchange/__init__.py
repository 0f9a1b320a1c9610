"""Formats of others that say who wrote which lines. What comes from them is evidence that nobody signed."""
