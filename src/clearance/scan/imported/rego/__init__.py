"""Runs a company's rules in Rego over files, in a process of its own."""
