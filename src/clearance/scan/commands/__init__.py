"""Judges one text that somebody wants to run in a shell: what it would write, delete, send, push, install, or hide."""
