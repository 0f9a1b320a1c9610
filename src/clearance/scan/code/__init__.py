"""Looks at what code does: calls, assignments and values in Python, JavaScript and TypeScript, and patterns in any text.

`detect.py` reads the Detect blocks of pages (docs/reference/detect.md), `walk.py` finds the places where a name
that some block asks for stands, `scopes.py` and `value.py` tell what names and values mean there, `judge.py` compares.
"""
