"""The server before the official Python client, in both revisions of the protocol."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import MCPError
from mcp.client import Client
from mcp_types import Implementation, ListRootsResult, Root

from frontends.mcp.talking import COMMAND, FLAW, talk

TOOLS = ["check_change", "check_code", "check_package", "check_prompt", "rules_for", "explain"]


def words(result: Any) -> str:
    return str(result.content[0].text)


def test_every_tool_answers_as_its_schema_says(repository: Path, revision: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("check_change", {}),
        ("check_code", {"text": FLAW, "path": "new.py"}),
        ("check_package", {"registry": "npm", "name": "left-pad", "version": "1.3.0"}),
        ("check_prompt", {"text": "hello"}),
        ("rules_for", {"files": ["app.py"], "task": "run a command"}),
        ("explain", {"finding": "python-subprocess-shell"}),
    ]

    async def story(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == TOOLS
        shapes = {tool.name: tool for tool in listed}
        for name, arguments in asked:
            jsonschema.validate(arguments, shapes[name].input_schema)
            result = await client.call_tool(name, arguments)
            assert not result.is_error, words(result)
            jsonschema.validate(result.structured_content, shapes[name].output_schema or {})
            assert words(result)

    talk(story, revision=revision, directory=repository)


def test_a_flaw_is_denied_explained_mended_and_no_longer_denied(repository: Path, revision: str) -> None:
    async def story(client: Client) -> None:
        denied = await client.call_tool("check_change", {})
        answer = denied.structured_content
        assert answer["verdict"] == "DENY"
        assert not answer["could_not_look"]
        assert not denied.is_error
        (finding,) = answer["findings"]
        assert (finding["rule"], finding["place"]["path"], finding["place"]["line"]) == (
            "python-subprocess-shell",
            "app.py",
            6,
        )
        assert "argument list" in words(denied)
        assert answer["receipt"]["index"] >= 0
        for name in (finding["fingerprint"], finding["fingerprint"][:12], finding["rule"], finding["page"]):
            explained = (await client.call_tool("explain", {"finding": name})).structured_content
            assert explained["rule"] == finding["rule"]
            assert explained["wrong"]
            assert explained["right"]
        assert explained["page"] == finding["page"]
        page = await client.read_resource(finding["page"])
        assert "argument list" in page.contents[0].text
        (repository / "app.py").write_text(
            "import subprocess\n\n\ndef f() -> None:\n    subprocess.run(['ls'], check=True)\n"
        )
        again = await client.call_tool("check_change", {})
        assert again.structured_content["verdict"] != "DENY"
        assert again.structured_content["findings"] == []

    talk(story, revision=revision, directory=repository)


def test_staged_and_patch_are_other_changes(repository: Path) -> None:
    patch = subprocess.run(["git", "-C", repository, "diff"], capture_output=True, text=True, check=True).stdout

    async def story(client: Client) -> None:
        staged = await client.call_tool("check_change", {"what": "staged"})
        assert staged.structured_content["files"] == 0
        given = await client.call_tool("check_change", {"what": "patch", "patch": patch})
        assert [one["rule"] for one in given.structured_content["findings"]] == ["python-subprocess-shell"]
        for wrong in ({"what": "patch"}, {"patch": patch}):
            result = await client.call_tool("check_change", wrong)
            assert result.is_error
            assert "`patch` goes with" in words(result)
        broken = await client.call_tool("check_change", {"what": "patch", "patch": "no diff"})
        assert broken.is_error

    talk(story, revision="2026-07-28", directory=repository)


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("check_code", {"text": "x", "path": "../../etc/passwd"}, "leads out of the repository"),
    ("check_code", {"text": "x", "path": "/etc/passwd"}, "leads out of the repository"),
    ("check_code", {"text": "x", "path": "a", "directory": "/etc"}, "not a folder that this server works in"),
    ("check_change", {"directory": ".."}, "not a folder that this server works in"),
    ("check_change", {"directory": "nowhere"}, "no such folder"),
    ("check_change", {"base": "no-such-revision"}, "no-such-revision"),
    ("check_code", {"txt": "x"}, "unknown field `txt`"),
    ("check_code", {}, "missing required field `text`"),
    ("check_code", {"text": 7}, "Expected `str`"),
    ("check_package", {"registry": "npm", "name": "x" * 300}, "length"),
    ("check_package", {"registry": "npm", "name": "a b"}, "no name of a package"),
    ("check_package", {"registry": "attic", "name": "x"}, "no registry is called 'attic'"),
    ("explain", {"finding": "python-eval-dynamicc"}, "did you mean 'python-eval-dynamic'?"),
    ("explain", {"finding": "\u202eevil\x1b[31m"}, "\\u202eevil\\x1b[31m"),
    ("rules_for", {"files": ["../x"]}, "leads out of the repository"),
    ("rules_for", {"files": ["x"] * 201}, "length"),
)


def test_what_makes_no_sense_is_a_result_that_says_so(repository: Path) -> None:
    async def story(client: Client) -> None:
        for tool, arguments, said in WRONG:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, (tool, arguments)
            assert said in words(result), (tool, arguments, words(result))
            assert words(result).startswith("Used wrongly")

    talk(story, revision="2026-07-28", directory=repository)


def test_a_place_that_is_no_repository_is_said_and_code_is_looked_at_there_all_the_same(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        result = await client.call_tool("check_change", {})
        assert result.is_error
        assert "repository" in words(result)
        code = await client.call_tool("check_code", {"text": FLAW, "path": "x.py"})
        assert not code.structured_content["clean"]

    talk(story, revision="2026-07-28", directory=tmp_path)


def test_secrets_are_told_and_never_repeated(repository: Path, revision: str) -> None:
    made_up = "AKIA" + hashlib.sha256(b"made up").hexdigest()[:16].upper().translate(str.maketrans("0189", "GHIJ"))

    async def story(client: Client) -> None:
        prompt = await client.call_tool("check_prompt", {"text": f"use {made_up} for it\n"})
        code = await client.call_tool("check_code", {"text": f"KEY = '{made_up}'\n", "path": "k.py"})
        assert prompt.structured_content["found"][0]["kind"] == "secret"
        assert not code.structured_content["clean"]
        assert made_up not in f"{prompt}{code}"

    talk(story, revision=revision, directory=repository)


def test_a_name_that_hides_something_is_told_by_its_escapes(repository: Path) -> None:
    async def story(client: Client) -> None:
        result = await client.call_tool("check_code", {"text": FLAW, "path": "a\u202eb\x1b[31m.py"})
        assert result.structured_content["findings"][0]["place"]["path"] == "a\\u202eb\\x1b[31m.py"
        assert "\u202e" not in words(result)
        assert "\x1b" not in words(result)

    talk(story, revision="2026-07-28", directory=repository)


def test_pages_are_listed_in_pieces_and_read(repository: Path, revision: str) -> None:
    async def story(client: Client) -> None:
        uris: list[str] = []
        cursor = None
        while True:
            listed = await client.list_resources(cursor=cursor)
            uris += [str(one.uri) for one in listed.resources]
            cursor = listed.next_cursor
            if cursor is None:
                break
        assert len(uris) == len(set(uris)) > 200
        assert not [uri for uri in uris if "/vocabulary/" in uri]
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "clearance://rules/{family}/{id}"
        for uri in (
            "clearance://rules/code/no-such-rule",
            "clearance://rules/secrets/python-eval-dynamic",
            "file:///etc/passwd",
        ):
            with pytest.raises(MCPError, match="not found"):
                await client.read_resource(uri)
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="-1")

    talk(story, revision=revision, directory=repository)


def test_an_unknown_tool_is_an_error_of_the_protocol(repository: Path, revision: str) -> None:
    async def story(client: Client) -> None:
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("rm", {})

    talk(story, revision=revision, directory=repository)


def test_the_newest_revision_says_how_long_lists_hold_and_what_each_tool_does(repository: Path) -> None:
    async def story(client: Client) -> None:
        listed = await client.list_tools()
        assert (listed.ttl_ms, listed.cache_scope) == (300_000, "public")
        hints = {tool.name: tool.annotations for tool in listed.tools}
        assert all(hint is not None and hint.destructive_hint is False for hint in hints.values())
        assert {name for name, hint in hints.items() if hint is not None and not hint.read_only_hint} == {"check_change"}
        assert "check_change" in (client.instructions or "")

    talk(story, revision="2026-07-28", directory=repository)


def test_the_roots_of_a_client_say_where_it_works(repository: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    async def roots(_: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=repository.as_uri()), Root(uri="file:///no/such/folder")])

    async def story(client: Client) -> None:
        result = await client.call_tool("check_change", {})
        assert not result.is_error, words(result)
        assert result.structured_content["verdict"] == "DENY"
        outside = await client.call_tool("check_change", {"directory": str(elsewhere)})
        assert outside.is_error

    talk(story, revision="2025-11-25", directory=None, cwd=elsewhere, list_roots_callback=roots)


def test_without_roots_it_works_where_it_was_started(repository: Path, revision: str) -> None:
    async def story(client: Client) -> None:
        assert (await client.call_tool("check_change", {})).structured_content["verdict"] == "DENY"

    talk(story, revision=revision, directory=None, cwd=repository)


def test_a_change_that_an_assistant_asks_about_counts_as_its_own(repository: Path) -> None:
    async def story(client: Client) -> None:
        await client.call_tool("check_change", {})

    talk(story, revision="2026-07-28", directory=repository, client_info=Implementation(name="claude-code", version="1"))
    shown = subprocess.run(
        [*COMMAND[:-1], "log", "show", "--format", "json"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert "Claude" in shown.stdout, shown.stderr
