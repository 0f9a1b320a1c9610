"""Judgements about values and files that no pattern can make, each in one file."""
