"""Makes the demonstration's repository: a commit by a person on main, a commit by an assistant on a branch."""

import os
import subprocess
import tomllib
from importlib import resources
from pathlib import Path

from clearance.facts.errors import CollectError

_PICTURE = bytes(range(256)) * 3
_TRAILER = "Add a search for orders\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n"


def make(directory: Path) -> None:
    """Write the repository into an empty directory.

    Raises:
        CollectError: git is missing or refuses.
    """
    story = tomllib.loads(resources.files(__package__).joinpath("story.toml").read_text(encoding="utf-8"))
    _git(directory, "init", "--quiet", "--initial-branch=main", "--template=")
    _write(directory, story["before"])
    _commit(directory, "The little shop\n", "Dana Developer", "dana@example.com")
    _git(directory, "checkout", "--quiet", "-b", "order-search")
    _write(directory, story["after"])
    (directory / "docs").mkdir()
    (directory / "docs" / "logo.bin").write_bytes(_PICTURE)
    _commit(directory, _TRAILER, "Dana Developer", "dana@example.com")


def _write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")


def _commit(directory: Path, message: str, name: str, mail: str) -> None:
    _git(directory, "add", "--all")
    _git(directory, "-c", f"user.name={name}", "-c", f"user.email={mail}", "commit", "--quiet", "--no-verify", "-m", message)


def _git(directory: Path, *arguments: str) -> None:
    """Run git untouched by the settings of the machine (signing, hooks, templates)."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    try:
        subprocess.run(["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True)
    except FileNotFoundError:
        raise CollectError("git is not installed", next="install git, then try again") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise CollectError(f"git {arguments[0]} failed: {said}", where=str(directory)) from None
