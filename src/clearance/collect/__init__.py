"""Bytes to a `Change`: from git, a patch, a directory, or memory. The guarded repository is hostile; nothing in it runs."""
