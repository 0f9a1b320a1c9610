"""Statements about decisions, and the signatures on them."""
