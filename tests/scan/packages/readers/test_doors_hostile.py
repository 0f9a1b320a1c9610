"""Hostile text at every door: each reader ends, in time that grows with the text, and raises nothing but what it may."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.packages.mention import Mention, Reader, Unparsed
from clearance.scan.packages.readers import (
    cargo,
    code,
    conda,
    documents,
    go,
    gradle,
    json_commands,
    maven,
    notebook,
    nuget,
    ruby,
    scripts,
    toml_commands,
    yaml_commands,
)  # fmt: skip

READERS: dict[str, Reader] = {
    "shell": scripts.shell, "powershell": scripts.powershell, "batch": scripts.batch, "make": scripts.makefile,
    "just": scripts.justfile, "docker": scripts.dockerfile, "tox": scripts.tox, "embedded": scripts.embedded,
    "procfile": scripts.procfile, "code": code.listed, "markdown": documents.markdown, "rst": documents.restructured,
    "text": documents.text_document, "html": documents.html, "notebook": notebook.notebook,
    "yaml": yaml_commands.commands, "json": json_commands.settings, "go.mod": go.go_mod, "go.sum": go.go_sum,
    "pom": maven.pom, "csproj": nuget.project, "packages.config": nuget.packages_config,
    "packages.lock": nuget.packages_lock, "nuget.config": nuget.settings, "Cargo.toml": cargo.cargo_toml,
    "Cargo.lock": cargo.cargo_lock, "Gemfile": ruby.gemfile, "Gemfile.lock": ruby.gemfile_lock,
    "gradle": gradle.build_script, "catalog": gradle.catalog, "gradle.lockfile": gradle.lockfile,
    "environment": conda.environment, "recipe": conda.recipe, "conda-lock": conda.lock, "pixi": conda.pixi,
    "explicit": conda.explicit, "tasks": toml_commands.tasks,
}  # fmt: skip
TOKENS = r"""pip install npm npx i a b-c @x/y a==1 a@1.2 $X ${X:-a} $(pip ` ' " \ ; && | ( ) { } {{ }} <a> > < # // /* */
 sh -c eval
 for in do done A=a A=(a <<EOF EOF run: - script: |- > [ ] : pip: name: loop: {"source": [" "] cells cell_type code
 ``` ~~~ ::  $ !pip %pip %%bash os.system( subprocess.run([ "pip", .install( RUN ENV ARG CMD [ONBUILD <project> </project>
 <dependency> <groupId>g</groupId> <artifactId>a</artifactId> <!DOCTYPE &a; <?xml Include="a"
 require ( ) => v1.0.0 module h1:AAAA=
 [[package]] [dependencies] name = "a" version gem "a", source do end GEM specs: (1.0) implementation "a:b:1" group: a:b:1=c
 @EXPLICIT https://x/y-1-0.conda#aa dependencies: channels: - a=1 é 😀 \u0041 \x00 REM set %X% ^ @( foreach"""
WORDS = TOKENS.split(" ")
PIECES = st.lists(st.sampled_from([*WORDS, "\n", "\n", "\t", "\r\n", "\0", "\u202e"]), max_size=60)
TEXT = st.one_of(st.text(max_size=300), PIECES.map(" ".join), PIECES.map("".join))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXT)
def test_a_reader_gives_spans_of_the_text_or_says_that_it_cannot(name: str, text: str) -> None:
    try:
        found = list(READERS[name](text, Budget(20)))
    except Unparsed:
        return
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)
        if isinstance(one, Mention):
            assert one.name
            assert "\0" not in one.name
            assert 0 <= one.place[0] <= one.place[1] <= len(text)


START = "pip install x\n"
LONG = {
    "quotes": START + '"' * 20_000,
    "single quotes": START + "'" * 20_001,
    "substitutions": START + "$(" * 10_000,
    "parentheses": START + "(" * 20_000,
    "backquotes": START + "`" * 20_000,
    "braces": START + "{{${" * 5_000,
    "here-documents": START + "".join(f"cat <<E{n}\n" for n in range(2_000)),
    "here-documents on a line": START + "<<A " * 5_000,
    "docker here-documents": "".join(f"RUN <<E{n}\n" for n in range(2_000)) + START,
    "scripts in scripts": 'sh -c "' * 3_000 + START,
    "words": "pip install " + "a " * 10_000,
    "loops": "for i in " + "a " * 5_000 + "\ndo\n" + "pip install $i\n" * 600,
    "doubling": "A=aa\n" + "A=$A$A\n" * 3_000 + "pip install $A",
    "fences": START + "```\n" * 5_000,
    "angles": START + "<a" * 10_000,
    "lists": '["pip", ' * 2_500,
    "calls": START + "run('pip " * 2_000,
    "a long line of calls": "'" + "os.system('pip install a');" * 700,
    "yaml in yaml": "pip install: " + "[" * 20_000,
    "anchors": "a: &a pip install x\n" + "b: *a\n" * 3_000,
    "elements": "<a>" * 7_000,
    "attributes": '<P Include="a" ' * 1_300,
    "references": "<Project>" + '<PackageReference Include="a" Version="1"/>' * 500 + "</Project>",
    "groups of gems": "group :a do\n" * 1_700 + 'gem "a"\n' * 800,
    "gems": 'gem "a",\n' * 2_200,
    "tables": "".join(f"[dependencies.a{n}]\nversion = '1'\n" for n in range(500)),
    "comments": "/* " * 7_000,
    "repositories": "maven { " * 2_500,
    "names": "go install a.b" + "/a" * 10_000 + "@",
    "versions": "conda install " + "a=" * 10_000,
}


@pytest.mark.parametrize("shape", LONG)
def test_no_shape_of_text_spends_the_budget(shape: str) -> None:
    for name, reader in READERS.items():
        try:
            list(reader(LONG[shape], Budget(20)))
        except Unparsed:
            continue
        except OutOfTime:
            pytest.fail(f"{name} spent its budget")


def test_a_spent_budget_stops_every_reader_of_long_text() -> None:
    text = {
        "shell": "pip install a\n" * 3_000,
        "go.sum": f"a.b/c v1.0.0 h1:{'A' * 43}=\n" * 3_000,
        "pom": "<project>" + "<dependency><artifactId>a</artifactId></dependency>" * 3_000 + "</project>",
        "gradle": 'implementation "a.b:c:1"\n' * 3_000,
        "Gemfile": 'gem "a"\n' * 3_000,
        "environment": "dependencies:\n" + "- a=1\n" * 3_000,
    }
    for name, long in text.items():
        with pytest.raises(OutOfTime):
            list(READERS[name](long, Budget(-1)))
