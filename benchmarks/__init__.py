"""Measured, never asserted: each module is one benchmark, run by `./dev bench NAME`, and prints one table."""
