"""Patches in the form that OpenAI's models write."""

from pathlib import Path


def patch(top: Path, path: str, text: str) -> str:
    """A patch that makes the file hold `text`, from what stands there now."""
    new = "".join(f"+{line}\n" for line in text.splitlines())
    file = top / path
    if not file.exists():
        return f"*** Begin Patch\n*** Add File: {path}\n{new}*** End Patch"
    old = "".join(f"-{line}\n" for line in file.read_text(encoding="utf-8").splitlines())
    return f"*** Begin Patch\n*** Update File: {path}\n@@\n{old}{new}*** End Patch"
