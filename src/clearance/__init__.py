"""Clearance: decides whether a change that an AI assistant wrote may go further, proves why, and remembers it."""

__version__ = "0.1.0"
