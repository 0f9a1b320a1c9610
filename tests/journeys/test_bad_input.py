"""What is broken, hostile or out of place: a clear word, the right exit code, nothing left behind, no secret told."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journeys.place import Place

SHELL = "import subprocess\n\n\ndef run(name):\n    subprocess.run(f'ls {name}', shell=True, check=True, timeout=5)\n"
TIDY = "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n    return len(prices)\n"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"
FORMATS = ("text", "json", "sarif", "markdown", "gitlab")


def shell(place: Place, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `clearance` is the command."""
    script = place.top.parent / "line.sh"
    script.write_text(f'clearance() {{ "{sys.executable}" -m clearance "$@"; }}; {line}\n')
    return subprocess.run(["bash", str(script)], cwd=place.top, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_change_the_verdict(repository: Place, closed: str) -> None:
    repository.write("shop.py", SHELL)
    done = shell(repository, f"clearance check {closed}")
    assert done.returncode == 1
    assert "internal error" not in done.stderr
    assert repository.clearance("log", "verify").code == 0


def test_standard_input_that_is_closed_is_an_empty_patch(place: Place) -> None:
    assert shell(place, "clearance check --patch - <&-").returncode == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("clearance check > /dev/full", 4),
        ("clearance --help > /dev/full", 4),
        ("clearance check --base nowhere 2> /dev/full", 2),
        ("clearance check --nonsense 2> /dev/full", 2),
        ("clearance --help | true; exit ${PIPESTATUS[0]}", 141),
        ("clearance rules list | true; exit ${PIPESTATUS[0]}", 141),
        ("clearance --version | true; exit ${PIPESTATUS[0]}", 141),
        ("clearance check --nonsense 2>&1 | true; exit ${PIPESTATUS[0]}", 2),
    ],
)
def test_what_cannot_be_written_or_read_is_never_the_exit_code_of_a_denial(repository: Place, line: str, code: int) -> None:
    repository.write("shop.py", TIDY)
    done = shell(repository, line)
    assert done.returncode == code
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("columns", ["²", "0", "1", "9" * 30, "-5", ""])
def test_no_width_of_the_terminal_ends_a_check(repository: Place, columns: str) -> None:
    repository.write("shop.py", TIDY)
    assert repository.clearance("check", COLUMNS=columns).code == 0


def test_what_was_typed_is_not_echoed_raw(repository: Place) -> None:
    for arguments in (["check", "--output", "x\u202e"], ["check", "--format", "\x1b]0;x\x07"], ["ch\u202eeck"]):
        answer = repository.clearance(*arguments)
        assert answer.code == 2
        assert not set(answer.err) & set("\u202e\x1b\x07")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_check_that_is_stopped_while_it_works_leaves_nothing_behind(repository: Place, number: int) -> None:
    folder = repository.top.parent / "temporary"
    folder.mkdir()
    for each in range(200):
        repository.write(f"f{each}.py", SHELL * 20)
    process = subprocess.Popen(
        [sys.executable, "-m", "clearance", "check"],
        cwd=repository.top,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    deadline = time.monotonic() + 300
    while not any(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    process.send_signal(number)  # a second one does not cut the cleaning short
    process.wait(300)  # how long it takes is no matter of the test: the machine may be busy
    assert process.wait(30) == 128 + number
    assert not any(folder.iterdir())


def test_a_pointer_of_lfs_is_content_that_nobody_saw(repository: Place) -> None:
    repository.write("evil.py", POINTER)
    answer = repository.check()
    assert answer.code == 3
    assert [gap["kind"] for gap in answer.data["gaps"]] == ["LFS pointer"]


def test_binary_content_of_a_patch_is_told(place: Place) -> None:
    patch = (
        "diff --git a/x.bin b/x.bin\nnew file mode 100644\nindex 0000000..6b10f95\nGIT binary patch\n"
        "literal 2\nJcmZQz00IC2\n\nliteral 0\nHcmV?d00001\n\n"
    )
    answer = place.check("--patch", "-", stdin=patch.encode())
    assert answer.code == 3
    assert ("x.bin", "binary") in {(gap["path"], gap["kind"]) for gap in answer.data["gaps"]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[report]\npages = "x"\n[scan]\nseconds = "x"\n', "settings.toml:4"),
        ("[scan]\nworkers = -1\n", "settings.toml:2"),
        ("[scan]\n\nseconds = nan\n", "settings.toml:3"),
        ("scan = 3\n", "settings.toml:1"),
        ("[scan]\nexcludee = []\n", "the nearest known key is 'exclude'"),
        ("a = " + "[" * 100_000, "settings.toml"),
    ],
)
def test_settings_that_are_none_name_their_line(repository: Place, text: str, says: str) -> None:
    repository.write(".clearance/settings.toml", text)
    repository.commit()
    answer = repository.clearance("scan")
    assert answer.code == 2
    assert says in answer.err


def test_settings_may_start_with_a_byte_order_mark(repository: Place) -> None:
    repository.write(".clearance/settings.toml", b"\xef\xbb\xbf[scan]\nworkers = 1\n")
    repository.commit()
    assert repository.clearance("scan").code == 0


def test_a_policy_that_is_a_link_is_not_passed_over(repository: Place) -> None:
    repository.write("shared.cedar", "forbid (principal, action, resource);\n")
    (repository.top / ".clearance/policies").mkdir(parents=True)
    (repository.top / ".clearance/policies/mine.cedar").symlink_to("../../shared.cedar")
    repository.commit()
    repository.write("shop.py", TIDY)
    answer = repository.clearance("check")
    assert answer.code == 4
    assert ".clearance/policies/mine.cedar" in answer.err


def test_a_secret_is_not_told_by_other_words_either(repository: Place) -> None:
    """As the name of a package or an action, or where the same value stands on a line on which no detector sees it."""
    chosen = random.Random(5)
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    token = "gh" + "p_" + "".join(chosen.choices(letters, k=36))
    password = "Tr4" + "ub-" + "".join(chosen.choices(letters, k=14))
    repository.write(
        "auth.py", f'def ok(given):\n    return given == "{password}"\n\n\nURL = "postgres://u:{password}@h/d"\n'
    )
    repository.write("ci.py", f'import os\n\n\ndef run(x):\n    os.system("echo {token} " + x)\n')
    repository.write("Dockerfile", f"FROM x\nRUN pip install --index-url https://u:{password}@x.invalid zzqq {token}\n")
    steps = f'    - run: curl -H "Authorization: Bearer {token}" https://x.invalid\n    - uses: a/b@{token}\n'
    repository.write(".github/workflows/x.yml", f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}")
    for format_ in FORMATS:
        answer = repository.clearance("check", "--all", "--format", format_)
        assert answer.code == 1
        assert token not in answer.out + answer.err
        assert password not in answer.out + answer.err
    store = repository.top / ".git" / "clearance"
    held = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert token.encode() not in held
    assert password.encode() not in held


def test_hostile_names_stay_one_line_in_every_format(repository: Place) -> None:
    names = ["new\nline.py", "esc\x1b[31m\x1b]0;x\x07.py", "bidi\u202e\u2066.py", "q\"u'o.py", "](http:x)[.py", "\x85nel.py"]
    for name in names:
        repository.write(name, SHELL)
    (Path(os.fsdecode(os.fsencode(str(repository.top)) + b"/bad\xff.py"))).write_text(SHELL)
    for format_ in FORMATS:
        answer = repository.clearance("check", "--all", "--format", format_)
        assert answer.code == 1
        assert not set(answer.out) & set("\x1b\x07\u202e\u2066\x85\r")
        if format_ in {"json", "sarif", "gitlab"}:
            json.loads(answer.out)
