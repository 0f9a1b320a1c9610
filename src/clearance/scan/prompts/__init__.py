"""Finds characters that people do not see and models or terminals obey."""
