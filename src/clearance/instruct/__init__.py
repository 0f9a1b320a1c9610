"""Turns rule pages into what coding assistants read before they write: short, ranked, within a budget of tokens."""
