"""A small shop that an assistant and a person write in turn."""

import os
import subprocess
from pathlib import Path

START = '''"""Orders."""


class Order:
    def total(self):
        return sum(line.price for line in self.lines)
'''
BY_AI = """
    def discounted(self, percent):
        if not 0 <= percent <= 100:
            raise ValueError('percent must lie between 0 and 100')
        total = self.total()
        return total - total * percent / 100
"""
BY_HAND = """
    def refund(self, reason):
        self.log.warning('refund because %s', reason)
        self.refunded = True
"""
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"), ("DATE", "2026-01-02T03:04:05Z"))
}


def git(folder: Path, *arguments: str, feed: str = "") -> str:
    """Run git as Ann, always at the same time."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **_WHO}, check=True, capture_output=True, text=True, input=feed
    )
    return done.stdout.strip()
