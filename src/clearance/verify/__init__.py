"""Asks a vendor whether a secret still works: only when a person says so, and only the vendor's own documented place."""
