"""Writes what the crosswalk answers: text, JSON, CSV, Markdown, a page, and OSCAL."""
