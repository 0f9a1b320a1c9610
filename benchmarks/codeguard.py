"""Are files of Project CodeGuard the same after a way through Clearance: `--path=DIR` names a folder that holds some.

Each `codeguard-*.md` below it is read and written and read again; imported into an empty repository and exported from there,
as a person would type it; and its front matter is laid out anew from what was read. Nothing leaves a temporary folder.
"""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.measure import CLEARANCE, table
from clearance.facts.errors import BadPage
from clearance.instruct.tokens import tokens
from clearance.rules.codeguard import CodeGuardRule, compose, read_codeguard, write_codeguard


def main() -> None:
    """Print the table."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    if "path" not in options:
        print("codeguard: --path=DIR names a folder with files of Project CodeGuard; left out")
        return
    top = Path(options["path"]).absolute()
    files = sorted(path for path in top.rglob("codeguard-*.md") if path.is_file())
    groups = sorted({path.parent for path in files})
    rows = [_row(str(group.relative_to(top)), [path for path in files if path.parent == group]) for group in groups]
    if len(groups) > 1:
        rows.append(_row("all", files))
    head = (
        "folder",
        "files",
        "read",
        "written the same",
        "read again the same",
        "laid out anew the same",
        "in and out the same",
    )
    table("CodeGuard's files through Clearance", (*head, "tokens"), rows)


def _row(name: str, files: list[Path]) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for path in files:
        data = path.read_bytes()
        try:
            rule = read_codeguard(data.decode("utf-8", "surrogateescape"), path=path.name)
        except BadPage as error:
            print(error)
            continue
        text = write_codeguard(rule)
        counts["read"] += 1
        counts["tokens"] += tokens(rule.body)
        counts["written"] += text.encode() == data
        counts["again"] += read_codeguard(text, path=path.name) == rule
        counts["anew"] += _head_anew(rule) == rule.head
    same = sum(_through_the_command(files).values())
    keys = ("read", "written", "again", "anew")
    return (name, str(len(files)), *(str(counts[key]) for key in keys), str(same), f"{counts['tokens']:,}")


def _head_anew(rule: CodeGuardRule) -> str:
    made = compose(rule.id, rule.description, rule.body, languages=rule.languages, tags=rule.tags)
    return read_codeguard(made, path=f"{rule.id}.md").head


def _through_the_command(files: list[Path]) -> dict[str, bool]:
    """Import files into a new repository and export them from it; say which came out as they went in."""
    with tempfile.TemporaryDirectory(prefix="codeguard-") as work:
        place = Path(work)
        environment = {**os.environ, "CLEARANCE_HOME": f"{work}/home", "CLEARANCE_CACHE": f"{work}/cache"}
        (place / "home").mkdir(mode=0o700)
        repository = place / "repository"
        subprocess.run(["git", "init", "-q", str(repository)], check=True)
        ids = [path.stem for path in files]
        for words in (["import", *map(str, files)], ["export", "--to", "codeguard", str(place / "out"), *ids]):
            subprocess.run(
                [CLEARANCE, "rules", *words], cwd=repository, env=environment, check=False, stdout=subprocess.DEVNULL
            )
        return {
            path.name: (place / "out" / path.name).is_file()
            and (place / "out" / path.name).read_bytes() == path.read_bytes()
            for path in files
        }
