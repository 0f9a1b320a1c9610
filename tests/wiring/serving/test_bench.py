import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from clearance.facts.errors import CouldNotLook, UsageError
from clearance.wiring.serving import PROMPT, RULE, TEXT, Bench, Busy, Job
from wiring.serving.slow import SLOW


def text_job(directory: Path, text: str) -> dict[str, str]:
    return {"directory": str(directory), "path": "", "language": "python", "text": text}


def workers() -> set[int]:
    listed = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines()[1:])
    return {int(pid) for pid, parent, args in rows if parent == str(os.getpid()) and "serving.worker" in args}


def gone(pids: set[int]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if not pids & workers():
            return True
        time.sleep(0.05)
    return False


def test_a_worker_answers_and_none_is_left_when_the_bench_is(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ) as bench:
            seen = await bench.ask(TEXT, text_job(tmp_path, "x = eval(input())\n"), seconds=60)
            assert [finding.rule for finding in seen.findings] == ["python-eval-dynamic"]
            told = await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)
            assert told.found == ()

    asyncio.run(story())
    assert not workers()


def test_a_worker_that_cannot_be_started_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(*_: object, **__: object) -> None:
        raise BlockingIOError

    async def story() -> None:
        monkeypatch.setattr(asyncio, "create_subprocess_exec", none)
        for _ in range(3):
            with pytest.raises(CouldNotLook, match="could be started"):
                await Bench(os.environ).ask(TEXT, text_job(tmp_path, "x\n"), seconds=60)

    asyncio.run(story())


def test_what_makes_no_sense_is_said_and_the_worker_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ) as bench:
            with pytest.raises(UsageError) as caught:
                await bench.ask(RULE, {"directory": str(tmp_path), "rule": "python-eval-dynamicc"}, seconds=60)
            assert "did you mean 'python-eval-dynamic'?" in caught.value.next
            first = workers()
            assert (
                await bench.ask(RULE, {"directory": str(tmp_path), "rule": "python-eval-dynamic"}, seconds=60)
            ).family == "code"
            assert first
            assert first <= workers()

    asyncio.run(story())


def test_a_cancelled_question_ends_its_worker_and_the_next_one_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ, hands=1) as bench:
            await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)
            first = workers()
            task = asyncio.create_task(bench.ask(TEXT, text_job(tmp_path, SLOW), seconds=60))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(first) == 1
            assert gone(first)
            await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)

    asyncio.run(story())


def test_a_question_that_takes_too_long_ends_its_worker(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ, hands=1) as bench:
            await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)
            first = workers()
            with pytest.raises(CouldNotLook, match="no answer after"):
                await bench.ask(TEXT, text_job(tmp_path, SLOW), seconds=0.2)
            assert gone(first)

    asyncio.run(story())


def test_a_worker_that_dies_is_no_answer_and_is_replaced(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ, hands=1) as bench:
            await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)
            task = asyncio.create_task(bench.ask(TEXT, text_job(tmp_path, SLOW), seconds=60))
            await asyncio.sleep(0.2)
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(CouldNotLook, match="died"):
                await task
            await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)

    asyncio.run(story())


def test_more_questions_than_may_wait_are_refused_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ, hands=1, waiting=2) as bench:
            asked = [
                asyncio.create_task(bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60))
                for _ in range(6)
            ]
            told = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(one, Busy) for one in told].count(True) == 3

    asyncio.run(story())


def test_questions_of_too_many_bytes_do_not_wait_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.wiring.serving.bench._MOST_WAITING", 1000)

    async def story() -> None:
        async with Bench(os.environ, hands=1) as bench:
            asked = [
                asyncio.create_task(bench.ask(PROMPT, {"directory": str(tmp_path), "text": "a" * 600}, seconds=60))
                for _ in range(4)
            ]
            told = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(one, Busy) for one in told].count(True) == 2

    asyncio.run(story())


def test_an_unknown_error_in_a_worker_tells_its_kind_and_not_what_it_says(tmp_path: Path) -> None:
    async def story() -> None:
        async with Bench(os.environ) as bench:
            with pytest.raises(CouldNotLook, match="internal error") as caught:
                await bench.ask(Job("no_such_job", str), {"directory": str(tmp_path)}, seconds=60)
            assert "no_such_job" not in str(caught.value)

    asyncio.run(story())


def test_modules_of_the_repository_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("msgspec.py", "clearance.py", "sitecustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)

    async def story() -> None:
        async with Bench(os.environ) as bench:
            await bench.ask(PROMPT, {"directory": str(tmp_path), "text": "hello"}, seconds=60)

    asyncio.run(story())
    assert not (tmp_path / "ran").exists()
