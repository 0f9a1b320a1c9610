"""Finds what makes a check pass without the code becoming better: suppressions, weakened tests, loosened guards."""
