"""Reversible placeholders for secrets and personal data."""
