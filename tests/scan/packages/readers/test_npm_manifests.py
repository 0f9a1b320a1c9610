"""What JavaScript projects declare: package.json, pnpm-workspace.yaml, deno.json, and the registries that settings name."""
# ruff: noqa: E501 (tables whose rows read as sentences)

import json
from collections.abc import Callable

import pytest

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Reader, Unparsed
from clearance.scan.packages.readers import npm_manifests, npm_pnpm

NamesIn = Callable[[str, str], list[str]]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def depends(**kinds: dict[str, str]) -> str:
    return json.dumps(kinds)


# What is told, the file, its text, what is seen.
ROWS: list[tuple[str, str, str, list[str]]] = [
    ("a range", "package.json", depends(dependencies={"a": "^1.2.3"}), ["1 npm a (^1.2.3)"]),
    ("an exact version", "package.json", depends(devDependencies={"@s/a": "1.2.3-rc.1+b"}), ["1 npm @s/a@1.2.3-rc.1+b"]),
    ("an exact version with a sign", "package.json", depends(dependencies={"a": "=1.2.3"}), ["1 npm a@1.2.3"]),
    ("part of a version is a range", "package.json", depends(dependencies={"a": "1.2"}), ["1 npm a (1.2)"]),
    ("any version", "package.json", depends(peerDependencies={"a": "*", "b": ""}), ["1 npm a", "1 npm b"]),
    ("a tag", "package.json", depends(optionalDependencies={"a": "latest"}), ["1 npm a (latest)"]),
    ("an alias", "package.json", depends(dependencies={"mine": "npm:theirs@1.0.0"}), ["1 npm theirs@1.0.0 as mine"]),
    ("an alias with a scope", "package.json", depends(dependencies={"mine": "npm:@s/x@^1"}), ["1 npm @s/x (^1) as mine"]),
    ("an alias of any version", "package.json", depends(dependencies={"mine": "npm:theirs"}), ["1 npm theirs as mine"]),
    ("a range behind npm:", "package.json", depends(dependencies={"a": "npm:^1.0.0"}), ["1 npm a (^1.0.0)"]),
    ("a range of a catalog", "package.json", depends(dependencies={"a": "catalog:"}), ["1 npm a (catalog:)"]),
    (
        "what is on the disk", "package.json",
        depends(dependencies={"a": "file:../a", "b": "link:b", "c": "workspace:*", "d": "portal:d", "e": "./e", "f": "~/f"}), [],
    ),
    ("a repository of GitHub", "package.json", depends(dependencies={"a": "o/r"}), ["1 from a o/r"]),
    ("a repository at a commit", "package.json", depends(dependencies={"a": f"github:o/r#{COMMIT}"}),
     [f"1 pinned a github:o/r#{COMMIT}"]),
    (
        "an address without its password", "package.json", depends(dependencies={"a": "git+https://u:p@x.example/a.git#v1"}),
        ["1 from a git+https://x.example/a.git#v1"],
    ),
    ("an archive", "package.json", depends(dependencies={"a": "https://x.example/a.tgz"}),
     ["1 from a https://x.example/a.tgz"]),
    ("a patch", "package.json", depends(dependencies={"a": "patch:a@npm%3A1.0.0#./x.patch"}), ["1 npm a@1.0.0"]),
    (
        "overrides", "package.json",
        '{"overrides": {"a": "1.0.0", "b@^1": "2.0.0", "c": {".": "3.0.0", "d": "4.0.0"}, "e": "$e"}}',
        ["1 npm a@1.0.0", "1 npm b@2.0.0", "1 npm c@3.0.0", "1 npm d@4.0.0"],
    ),
    (
        "resolutions", "package.json",
        '{"resolutions": {"**/a": "1.0.0", "b/@s/c": "2.0.0"}, "pnpm": {"overrides": {"d>e@1": "3.0.0", "f": "-"}}}',
        ["1 npm a@1.0.0", "1 npm @s/c@2.0.0", "1 npm e@3.0.0"],
    ),
    ("an override by another package", "package.json", '{"overrides": {"a": "npm:b@1.0.0"}}', ["1 npm b@1.0.0 as a"]),
    ("the package manager", "package.json", '{"packageManager": "pnpm@9.1.0"}', ["1 npm pnpm@9.1.0"]),
    ("Yarn of today is no npm package", "package.json", '{"packageManager": "yarn@4.1.0"}', []),
    ("catalogs of Bun", "package.json", '{"workspaces": {"catalog": {"a": "1.0.0"}}, "catalogs": {"x": {"b": "^1"}}}',
     ["1 npm a@1.0.0", "1 npm b (^1)"]),
    ("what is no dependency", "package.json",
     '{"name": "a", "version": "1.0.0", "engines": {"node": ">=1"}, "x": {"dependencies": {"b": "1"}}}', []),
    ("windows line ends", "package.json", '{\r\n"dependencies": {\r\n"a": "1.0.0"}}', ["3 npm a@1.0.0"]),
    ("a key twice", "package.json", '{"dependencies": {"a": "1.0.0"}, "dependencies": {"b": "1.0.0"}}',
     ["1 npm a@1.0.0", "1 npm b@1.0.0"]),
    (
        "catalogs of pnpm", "pnpm-workspace.yaml",
        "packages:\n  - 'a/*'\ncatalog:\n  a: ^1\n  '@s/b': 1.0.0\ncatalogs:\n  old:\n    c: 2.0.0\noverrides:\n  d>e@1: 3.0.0\n  f: '-'\n",
        ["4 npm a (^1)", "5 npm @s/b@1.0.0", "8 npm c@2.0.0", "10 npm e@3.0.0"],
    ),
    ("a catalog in braces over lines", "pnpm-workspace.yaml", "catalog: {\n  a: 1.0.0,\n  'b': ^2\n}\n",
     ["2 npm a@1.0.0", "3 npm b (^2)"]),
    ("a catalog with an anchor", "pnpm-workspace.yaml", "x: &v 1.0.0\ncatalog:\n  a: *v\n  b: 1.0.0\n", ["4 npm b@1.0.0"]),
    (
        "imports of Deno", "deno.json",
        '{"imports": {"a": "npm:a@5.0.0", "b": "npm:@s/c@^1/sub", "d": "jsr:@std/d", "e": "https://x.example/e.ts"},}',
        ["1 npm a@5.0.0", "1 npm @s/c (^1) as b", "1 from e https://x.example/e.ts"],
    ),
    (
        ".npmrc", ".npmrc",
        "# registry=https://no.example\nregistry=https://u:p@a.example/\n@s:registry = https://b.example\n//a.example/:_x=y\n",
        ["2 only https://a.example/", "3 only https://b.example"],
    ),
    (".yarnrc", ".yarnrc", 'registry "https://a.example"\n', ["1 only https://a.example"]),
    (
        ".yarnrc.yml", ".yarnrc.yml",
        'npmRegistryServer: "https://a.example"\nnpmScopes:\n  s:\n    npmRegistryServer: https://b.example\n',
        ["1 only https://a.example", "4 only https://b.example"],
    ),
    ("bunfig.toml", "bunfig.toml", '[install]\nregistry = "https://a.example"\n[install.scopes]\ns = "https://b.example"\n',
     ["2 only https://a.example", "4 only https://b.example"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "seen"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_declared(names_in: NamesIn, path: str, text: str, seen: list[str]) -> None:
    assert names_in(path, text) == seen


def mentions(text: str, reader: Reader = npm_manifests.package_json) -> list[Mention]:
    return [one for one in reader(text, Budget(20)) if isinstance(one, Mention)]


def test_places_are_those_of_the_name_and_of_the_version() -> None:
    text = '{"dependencies": {"mine": "npm:@s/x@1.0.0", "a": "^1", "b": "=2.0.0"}}'
    seen = [(text[one.start : one.end], text[slice(*one.place)]) for one in mentions(text)]
    assert seen == [("@s/x", "1.0.0"), ("a", "^1"), ("b", "=2.0.0")]


def test_groups_tell_what_a_dependency_is_for() -> None:
    text = depends(
        dependencies={"a": "1"}, devDependencies={"b": "1"}, peerDependencies={"c": "1"}, optionalDependencies={"d": "1"},
        overrides={"e": "1"},
    )  # fmt: skip
    groups = {one.name: one.details.group for one in mentions(text)}
    assert groups == {"a": "", "b": "dev", "c": "peer", "d": "optional", "e": "override"}


def test_a_peer_that_may_lack_is_optional() -> None:
    text = '{"peerDependencies": {"a": "1", "b": "1"}, "peerDependenciesMeta": {"b": {"optional": true}}}'
    assert [(one.name, one.optional) for one in mentions(text)] == [("a", False), ("b", True)]


def test_what_is_bundled_says_so() -> None:
    text = '{"dependencies": {"a": "1", "b": "1"}, "bundleDependencies": ["b"]}'
    assert [(one.name, one.details.bundled) for one in mentions(text)] == [("a", False), ("b", True)]


def test_the_digest_of_the_package_manager_is_kept() -> None:
    (one,) = mentions(json.dumps({"packageManager": f"pnpm@9.1.0+sha256.{'0a' * 32}"}))
    assert one.details.hashes == (f"sha256:{'0a' * 32}",)


def test_install_scripts_are_those_that_run_at_install() -> None:
    scripts = '{"test": "no", "postinstall": "node \\"x\\".js", "prepare": "husky", "preinstall": "a"}'
    text = f'{{"scripts": {scripts}, "x": {{"install": "no"}}}}'
    seen = list(npm_manifests.install_scripts(text, Budget(20)))
    given = [(one.name, one.command) for one in seen]
    assert given == [("postinstall", 'node "x".js'), ("prepare", "husky"), ("preinstall", "a")]
    assert [text[one.start : one.end] for one in seen][1:] == ["husky", "a"]


BROKEN = [
    ("half an object", npm_manifests.package_json, '{"dependencies": {\n"a": "1",\n', ["a"], "line 3: "),
    ("a bracket too much", npm_manifests.package_json, '{\n"a": ]}', [], "line 2: "),
    ("an escape that is none", npm_manifests.package_json, '{"dependencies": {\n"\\x": "1"}}', [], "line 2: "),
    ("nested too deeply", npm_manifests.package_json, "[" * 100_000, [], "line 1: nested"),
    ("no YAML", npm_pnpm.pnpm_workspace, "catalog:\n  a: 1.0.0\n  [b\n", ["a"], "line 4: "),
    ("YAML nested too deeply", npm_pnpm.pnpm_workspace, "catalog: " + "[" * 10_000, [], "line 1: "),
]


@pytest.mark.parametrize(("reader", "text", "names", "said"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_does_not_parse_says_its_line_and_keeps_what_stands_before(
    reader: Reader, text: str, names: list[str], said: str
) -> None:
    found = reader(text, Budget(20))
    given: list[str] = []
    with pytest.raises(Unparsed, match=said):
        given.extend(one.name for one in found if isinstance(one, Mention))
    assert given == names
