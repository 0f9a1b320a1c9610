"""Looks at a change and says what is wrong (findings), what calls for care (sightings) and what it could not see (gaps).

One family a folder. `family.py` is what a family is, `runner.py` runs them in worker processes under budgets.
"""
