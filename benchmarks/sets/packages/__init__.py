"""Labelled sets about packages: made when the benchmark runs, or read from paths that its options give."""
