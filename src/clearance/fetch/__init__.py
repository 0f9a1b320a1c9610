"""Asks the company's own package index, and fetches data packs: only where the settings or a person allow the network."""
