"""Says what a run found: one format a file in `formats/`, each made from the same `Outcome` and nothing else.

`render.py` finds the formats; a format gives text back and prints nothing.
"""
