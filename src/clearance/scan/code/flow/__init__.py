"""Follows values through lowered code: an abstract interpreter over `ir`, one for all languages.

`analysis.py` looks at a file: its top, the functions of interest (`entries.py`), their callers. `interpret.py` runs
statements (with `blocks.py`, `loops.py`, `switches.py`, `definitions.py`), `expressions.py` evaluates, `calls.py` (with
`special.py`, `callbacks.py`, `methods.py`) knows what calls give and change, `following.py` follows them with what
`parameters.py` and `objects.py` make of arguments and classes, and `summaries.py` keeps what that gave.
`guards.py`, `checks.py`, `patterns.py`
and `spots.py` tell what conditions say about values. `names.py` resolves names and types, `places.py` writes
variables, `state.py` joins ways, `frame.py` holds what a run shares. `algebra*.py` are the operations on values
(`value.py`), `models/` what languages bring with them, `event.py` what is told to whom.
"""
