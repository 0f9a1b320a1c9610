"""What a person types to mask a prompt and to restore an answer, with real processes and pipes."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import forked
from clearance.rules.placeholder import expand

TEXT = expand(
    "My token is {{crc32-base62 ghp_ 30}}\n"
    "mail {{lower 6}}.{{lower 5}}@{{lower 7}}.{{join co|m}}, password: {{alnum 9}}#{{digits 2}}\n",
    seed="prompt",
    limit=1000,
)
TOKEN = TEXT.split()[3]


def clearance(*arguments: str, given: bytes = b"") -> forked.Done:
    return forked.clearance(*arguments, directory=Path.cwd(), environment=os.environ, given=given)


def test_a_prompt_goes_out_masked_and_the_answer_comes_back_whole() -> None:
    masked = clearance("mask", given=TEXT.encode())
    assert masked.returncode == 0, masked.stderr
    text, told = masked.stdout.decode(), masked.stderr.decode()
    assert TOKEN not in text + told
    assert "password: Qsecret_" in text
    assert "github-token" in told
    assert "https://github.com/settings/tokens" in told
    assert "masked 3 values" in told
    answer = f"Use `{text.split()[3]}` like this:\n{text}".encode()
    restored = clearance("unmask", given=answer)
    assert (restored.returncode, restored.stderr) == (0, b"")
    assert restored.stdout.decode() == f"Use `{TOKEN}` like this:\n{TEXT}"


def test_two_turns_share_placeholders_and_conversations_do_not() -> None:
    first = clearance("mask", given=TEXT.encode()).stdout
    assert clearance("mask", given=TEXT.encode()).stdout == first
    assert clearance("mask", "--conversation", "other", given=TEXT.encode()).stdout != first
    stranger = clearance("unmask", "--conversation", "other", given=first)
    assert stranger.stdout == first
    assert b"3 placeholders are none of this conversation" in stranger.stderr


def test_bytes_that_are_no_text_pass_unchanged() -> None:
    given = b"\xff\xfe\x00 " + TEXT.encode() + b"\r\n\x80 no end"
    masked = clearance("mask", given=given)
    assert masked.returncode == 0
    assert TOKEN.encode() not in masked.stdout
    assert clearance("unmask", given=masked.stdout).stdout == given


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("around", [b"", b"plain text\n" * 2000])
def test_text_of_wide_characters_is_refused_and_not_passed_on_unmasked(encoding: str, around: bytes) -> None:
    for arguments in (("mask",), ("mask", "--check")):
        refused = clearance(*arguments, given=around + TEXT.encode(encoding))
        assert (refused.returncode, refused.stdout) == (4, b"")
        assert b"iconv" in refused.stderr


def test_nul_bytes_between_values_hinder_nothing() -> None:
    given = b"\0\0" + TEXT.encode() + b"\0" + TEXT.encode()
    masked = clearance("mask", given=given)
    assert TOKEN.encode() not in masked.stdout
    assert clearance("unmask", given=masked.stdout).stdout == given


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    clearance("mask", given=b"x")
    for command in ("mask", "unmask"):
        refused = clearance(command, str(tmp_path))
        assert (refused.returncode, refused.stdout) == (2, b"")
        assert b"s a directory" in refused.stderr


def test_strangers_are_counted_however_the_text_is_cut() -> None:
    stranger = "Qsecret_" + "a" * 16
    clearance("mask", given=TEXT.encode())
    given = b"x" * ((1 << 16) - 5) + stranger.encode() + b" " + stranger.encode()
    assert b"! 2 placeholders are none of this conversation" in clearance("unmask", given=given).stderr


def test_check_prints_nothing_keeps_nothing_and_says_so() -> None:
    checked = clearance("mask", "--check", given=TEXT.encode())
    assert (checked.returncode, checked.stdout) == (1, b"")
    assert b"3 values would be masked" in checked.stderr
    assert not (Path(os.environ["CLEARANCE_HOME"]) / "masks").exists()
    clean = clearance("mask", "--check", given=b"nothing of the kind\n")
    assert (clean.returncode, clean.stdout) == (0, b"")


def test_json_tells_lines_and_placeholders_and_no_value() -> None:
    masked = clearance("mask", "--format", "json", given=TEXT.encode())
    data = json.loads(masked.stdout)
    assert [(one["line"], one["is_secret"]) for one in data["found"]] == [(1, True), (2, False), (2, True)]
    assert all(one["placeholder"] in data["text"] for one in data["found"])
    assert TOKEN not in masked.stdout.decode()


def test_only_what_was_asked_for_is_masked() -> None:
    masked = clearance("mask", "--only", "personal", given=TEXT.encode()).stdout.decode()
    assert TOKEN in masked
    assert "@" not in masked


def test_what_was_forgotten_or_never_begun_is_an_error_that_says_what_to_do() -> None:
    assert clearance("mask", given=TEXT.encode()).returncode == 0
    assert b"forgotten" in clearance("mask", "--forget").stderr
    for arguments in (("unmask",), ("unmask", "--conversation", "never")):
        missing = clearance(*arguments, given=b"text")
        assert (missing.returncode, missing.stdout) == (4, b"")
        assert b"mask with the same --conversation first" in missing.stderr


@pytest.mark.parametrize("keep", ["0h", "8", "31d", "h", "-1h"])
def test_a_time_that_is_none_is_refused(keep: str) -> None:
    refused = clearance("mask", "--keep", keep, given=b"")
    assert refused.returncode == 2
    assert b"at most 30d" in refused.stderr


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for command in ("mask", "unmask"):
        refused = clearance(command, str(tmp_path / "none"))
        assert refused.returncode in (2, 4)
        assert refused.stdout == b""
    clearance("mask", given=b"x")
    assert clearance("unmask", str(tmp_path / "none")).returncode == 2


def test_a_stream_is_restored_while_it_runs() -> None:
    masked = clearance("mask", given=TEXT.encode()).stdout
    placeholder = masked.split()[3]
    with subprocess.Popen(
        [sys.executable, "-m", "clearance", "unmask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        guard = threading.Timer(60, process.kill)
        guard.start()
        try:
            process.stdin.write(b"first " + placeholder[:7])
            process.stdin.flush()
            assert os.read(process.stdout.fileno(), 100) == b"first "
            process.stdin.write(placeholder[7:] + b" end")
            process.stdin.close()
            assert process.stdout.read() == TOKEN.encode() + b" end"
        finally:
            guard.cancel()


def test_turns_at_once_lose_nothing() -> None:
    texts = [expand("token {{crc32-base62 ghp_ 30}}\n", seed=str(n), limit=100) for n in range(4)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "clearance", "mask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=-3
        )
        for _ in texts
    ]
    outputs = [process.communicate(text.encode())[0] for process, text in zip(running, texts, strict=True)]
    assert clearance("unmask", given=b"".join(outputs)).stdout.decode() == "".join(texts)
