"""Compose files, nginx and systemd: what they say, with places, and what they refuse."""

import contextlib
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.family import Budget
from clearance.scan.infra.lower import compose, nginx, systemd
from clearance.scan.infra.node import Document, Node, NotThis, Unit
from scan.infra.rules_of_tests import plain


def one(document: Document, kind: str, name: str = "") -> Unit:
    return next(unit for unit in document.units if unit.kind == kind and name in ("", unit.name, unit.type))


def at(unit: Unit, *path: str) -> object:
    node: Node | None = unit.body
    for key in path:
        assert node is not None
        node = node.items.get(key)
    return plain(node) if node is not None else "missing"


# Compose

PORTS = [
    ("'80'", {"target": "80"}),
    ("'8080:80'", {"published": "8080", "target": "80"}),
    ("'22:22'", {"published": "22", "target": "22"}),
    ("127.0.0.1:8080:80/udp", {"host": "127.0.0.1", "published": "8080", "target": "80", "protocol": "udp"}),
    ("'[::1]:1:2'", {"host": "[::1]", "published": "1", "target": "2"}),
    ("'${A:-1}:5432'", {"published": "?${A:-1}?", "target": "5432"}),
    ("'${HOST}:1:5432'", {"host": "?${HOST}?", "published": "1", "target": "5432"}),
    ("{target: 80, published: '8080', host_ip: 127.0.0.1}", {"host": "127.0.0.1", "published": "8080", "target": 80}),
]


@pytest.mark.parametrize(("port", "meant"), PORTS)
def test_a_port_means_what_the_specification_says(port: str, meant: dict[str, object]) -> None:
    document = compose.lower(f"services:\n  a:\n    image: x:1\n    ports:\n      - {port}\n", Budget(60))
    assert at(one(document, "compose.service"), "bindings") == [meant]


VOLUMES = [
    ("data:/x", ("volume", "data", "/x", False)),
    ("/x", ("volume", "missing", "/x", False)),
    ("./a:/b:ro", ("bind", "./a", "/b", True)),
    ("/var/run/docker.sock:/s:ro,z", ("bind", "/var/run/docker.sock", "/s", True)),
    ("'${D}/x:/b'", ("bind", "?${D}/x?", "/b", False)),
]


@pytest.mark.parametrize(("volume", "meant"), VOLUMES)
def test_a_volume_means_what_the_specification_says(volume: str, meant: tuple[object, ...]) -> None:
    document = compose.lower(f"services:\n  a:\n    image: x:1\n    volumes:\n      - {volume}\n", Budget(60))
    mount = one(document, "compose.service").body.items["mounts"].values[0]
    said = [
        plain(mount.items[key]) if key in mount.items else "missing" for key in ("type", "source", "target", "read_only")
    ]
    assert tuple(said) == meant


def test_anchors_merges_variables_and_environment_lists_are_resolved() -> None:
    document = compose.lower(
        dedent("""\
            x-base: &base
              privileged: true
              environment: [A=1, B=$C, D]
            services:
              web:
                <<: *base
                image: shop:${TAG}
                command: ["run", "$$literal"]
            """),
        Budget(60),
    )
    web = one(document, "compose.service", "web")
    assert at(web, "privileged") is True
    assert at(web, "environment") == {"A": "1", "B": "?$C?", "D": None}
    assert [at(web, key) for key in ("image", "base", "tag")] == ["?shop:${TAG}?", "shop", "?${TAG}?"]
    assert at(web, "command") == ["run", "$$literal"]


@pytest.mark.parametrize("body", ["extends: other\n    image: x:1", "user: root"])
def test_a_service_that_another_file_completes_is_open(body: str) -> None:
    document = compose.lower(f"services:\n  a:\n    {body}\n", Budget(60))
    assert one(document, "compose.service").body.text


def test_a_document_that_is_no_map_is_refused() -> None:
    with pytest.raises(NotThis, match="line 1"):
        compose.lower("- a\n- b\n", Budget(60))


# nginx

NGINX = """\
http {
    include mime.types;
    add_header X-A "b c" always; # a comment; with { signs
    ssl_protocols TLSv1.2;
    server {
        listen 443 ssl;
        location ~ "^/a{2}\\\\.php$" {
            add_header B c;
            proxy_pass http://${host}$uri;
        }
        location /lua {
            content_by_lua_block { if x then { y = 1 } }
        }
    }
}
"""


def test_blocks_directives_and_what_they_inherit() -> None:
    text = NGINX
    document = nginx.lower(text, Budget(60))
    server = one(document, "nginx.block", "server")
    assert at(server, "tls") is True
    assert at(server, "effective", "ssl_protocols") == ["TLSv1.2"]
    assert at(server, "effective", "add_header") == ["X-A b c always"]
    location = one(document, "nginx.block", "location")
    assert location.name == r"~ ^/a{2}\.php$"
    assert at(location, "effective", "add_header") == ["B c"]
    proxy = one(document, "nginx.directive", "proxy_pass")
    assert at(proxy, "text") == "http://${host}$uri"
    assert text[slice(*proxy.head)] == "proxy_pass http://${host}$uri"
    assert not server.body.text


def test_a_file_that_includes_more_is_open_but_not_for_types() -> None:
    document = nginx.lower("http {\n server {\n include snippets/x.conf;\n }\n server { listen 1; }\n}\n", Budget(60))
    first, second = (unit for unit in document.units if unit.type == "server")
    assert (first.body.text, second.body.text) == ("include", "")
    assert one(nginx.lower("server { listen 1; }", Budget(60)), "nginx.block").body.items["effective"].text == "include"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http {\n  server {\n}\n", "line 1: the block is not closed"),
        ("a b;\n}\n", "line 2: a brace that closes nothing"),
        ("a b;\nc d\n", "line 2: 'c' does not end with a semicolon"),
        ("{ a b; }", "line 1: a block without a name"),
        ("# nothing\n", "line 1: no directive"),
        ("a {" * 60 + "}" * 60, "more than 40 blocks"),
        ("x { content_by_lua_block { ", "the block is not closed"),
    ],
)
def test_what_is_no_nginx_configuration_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(NotThis, match=said):
        nginx.lower(text, Budget(60))


@given(st.text(st.sampled_from("ab {};\"'\\#\n$"), max_size=60))
def test_any_text_is_an_nginx_configuration_or_is_refused(text: str) -> None:
    with contextlib.suppress(NotThis):
        document = nginx.lower(text, Budget(60))
        assert all(0 <= unit.head[0] <= unit.head[1] <= len(text) for unit in document.units)


# systemd

UNIT = """\
[Unit]
Description=a \\
# between
  b
[Service]
; a comment
Environment="A=b c" C=d
Environment=E=f
ExecStart=/bin/old
ExecStart=
ExecStart=-+/bin/sh -c "curl x | bash" \\
  last
UMask=0000
"""


def test_sections_settings_environment_and_commands() -> None:
    document = systemd.lower(UNIT, Budget(60))
    unit = one(document, "systemd.unit")
    assert unit.type == "service"
    assert at(unit, "Unit", "Description").split() == ["a", "b"]  # type: ignore[attr-defined]
    assert at(unit, "Service", "UMask") == "0000"
    pairs = [at(one_of, "pairs") for one_of in document.units if one_of.kind == "systemd.environment"]
    assert pairs == [{"A": "b c", "C": "d"}, {"E": "f"}]
    commands = {one_of.type: one_of for one_of in document.units if one_of.kind == "systemd.command"}
    assert set(commands) == {"sh", "curl", "bash"}
    assert at(commands["sh"], "prefix") == "-+"
    assert at(commands["curl"], "into") == ["bash"]
    assert UNIT[slice(*commands["sh"].head)].startswith("/bin/sh -c")


def test_a_drop_in_without_a_command_is_open() -> None:
    document = systemd.lower("[Service]\nUser=x\n", Budget(60))
    assert one(document, "systemd.unit").body.items["Service"].text == "drop-in"


def test_what_is_no_unit_is_refused_and_a_line_that_is_none_is_told() -> None:
    with pytest.raises(NotThis, match="line 2: 'A=b' stands in no section"):
        systemd.lower("# x\nA=b\n", Budget(60))
    with pytest.raises(NotThis, match="line 1: no section"):
        systemd.lower("", Budget(60))
    document = systemd.lower("[Service]\nno setting\nUser=x\n", Budget(60))
    assert [opaque.why for opaque in document.opaque] == ["neither a section nor a setting"]


@given(st.text(st.sampled_from("[Service]\nEx=tar\\ \"'#;a-+\r"), max_size=80))
def test_any_text_is_a_unit_or_is_refused(text: str) -> None:
    with contextlib.suppress(NotThis):
        document = systemd.lower(text, Budget(60))
        assert all(0 <= unit.head[0] <= unit.head[1] <= len(text) + 2 for unit in document.units)
