"""Things that are known to be bad, made when they are needed: no look-alike of a secret stands in any file of ours."""

import secrets

from clearance.rules.placeholder import expand

FLAW = """import subprocess

from flask import request


def lookup():
    host = request.args["host"]
    return subprocess.run("ping -c 1 " + host, shell=True, capture_output=True)
"""
"""A command line that a request writes: code that each of our doors must refuse."""
FLAW_RULE = "python-subprocess-shell"
TEST_BEFORE = """from shop import total


def test_total_counts_everything():
    assert total([1, 2]) == 3
    assert total([]) == 0
"""
TEST_AFTER = """from shop import total


def test_total_counts_everything():
    total([1, 2])
"""
"""The same test without what it asserts."""
POD = """apiVersion: v1
kind: Pod
metadata:
  name: canary
spec:
  hostPID: true
  containers:
    - name: canary
      image: example.com/canary:1.0.0
      securityContext:
        privileged: true
        runAsUser: 0
"""


def token() -> str:
    """Make a token that a scanner of secrets must know, other characters each time."""
    return expand("{{crc32-base62 ghp_ 30}}", seed=secrets.token_hex(16), limit=100)


def package() -> str:
    """Make a name that no registry has."""
    return f"clearance-canary-{secrets.token_hex(8)}"


def card() -> str:
    """Make a number of a payment card: its check digit fits (ISO/IEC 7812, Luhn)."""
    body = "4556" + "".join(secrets.choice("0123456789") for _ in range(11))
    doubled = [int(digit) * 2 if at % 2 == 0 else int(digit) for at, digit in enumerate(body)]
    return body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
