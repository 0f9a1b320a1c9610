"""What Terraform's text says, as values with places; what the same file decides, and what it leaves open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.infra.lower import format_of, terraform, terraform_json
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit

SECONDS = 60.0


def read(text: str) -> Document:
    return terraform.lower(text, Budget(SECONDS))


def plain(node: Node) -> object:
    """Give a node as plain data; what is decided elsewhere as its text after a question mark."""
    match node.kind:
        case Kind.MAP:
            return {key: plain(value) for key, value in node.items.items()}
        case Kind.LIST:
            return [plain(value) for value in node.values]
        case Kind.UNKNOWN:
            return f"?{node.text}"
        case _:
            return node.value


def value_of(expression: str, around: str = "") -> object:
    (unit,) = named(read(f'{around}\nresource "x" "y" {{\n  a = {expression}\n}}\n'), "terraform.resource")
    return plain(unit.body.items["a"]) if "a" in unit.body.items else "missing"


def named(document: Document, kind: str) -> list[Unit]:
    return [unit for unit in document.units if unit.kind == kind]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('"text"', "text"),
        ("12", 12),
        ("-1", -1),
        ("1.5", 1.5),
        ("true", True),
        ("!true", False),
        ("null", "missing"),
        ('"a \\"b\\" \\n \\u00e9 $${c}"', 'a "b" \n é ${c}'),
        ("[1, [2], {a = 3}]", [1, [2], {"a": 3}]),
        ('{ a = 1, "b c" : 2, (local.k) = 3, gone = null }', {"a": 1, "b c": 2, "?local.k".removeprefix("?"): 3}),
        ("(((4)))", 4),
        ('jsonencode({ Statement = [{ Effect = "Allow" }] })', {"Statement": [{"Effect": "Allow"}]}),
        ('toset(["a"])', ["a"]),
        ('concat(["a"], var.more, ["b"])', ["a", "?var.more", "b"]),
        ('join(",", ["a", "b"])', "a,b"),
        ('upper("a")', "A"),
        ('base64encode("#!/bin/sh")', "#!/bin/sh"),
        ("aws_x.y.id", "?aws_x.y.id"),
        ('"a-${aws_x.y.id}"', "?a-${aws_x.y.id}"),
        ('file("x")', '?file("x")'),
        ("1 + 2", "?1 + 2"),
        ("[for x in y : x]", "?[for x in y : x]"),
        ("var.a ? 1 : 2", "?var.a ? 1 : 2"),
        ("true ? 1 : 2", 1),
        ("<<EOT\nplain\n  text\nEOT", "plain\n  text\n"),
        ("<<-EOT\n    plain\n      text\n    EOT", "plain\n  text\n"),
        (
            '<<-EOT\n  {"a": [1, "${aws_x.y.id}", ${jsonencode("z")}]}\n  EOT',
            {"a": [1, "?${aws_x.y.id}", '?${jsonencode("z")}']},
        ),
        ('"{\\"a\\": [true]}"', {"a": [True]}),
        ('<<EOT\n{"a": "$${aws:username}"}\nEOT', {"a": "${aws:username}"}),
        ("<<EOT\n{ not json }\nEOT", "{ not json }\n"),
    ],
)
def test_an_expression_says(expression: str, said: object) -> None:
    assert value_of(expression) == said


@pytest.mark.parametrize(
    ("around", "expression", "said"),
    [
        ('variable "v" {\n  default = "public-read"\n}', "var.v", "public-read"),
        ('variable "v" {\n  default = "public-read"\n}', '"${var.v}"', "public-read"),
        ('variable "v" {\n  default = "x"\n}', '"a-${var.v} b"', "a-x b"),
        ('variable "v" {\n  type = string\n}', "var.v", "?var.v"),
        ('variable "v" {\n  default = null\n}', "var.v", "?var.v"),
        ('variable "v" {\n  default = ""\n}', "var.v", "?var.v"),
        ('variable "v" {\n  default = []\n}', "var.v", "?var.v"),
        ('variable "v" {\n  default = false\n}', "var.v", False),
        ("locals {\n  a = { b = [7, { c = 8 }] }\n}", 'local.a.b[1]["c"]', 8),
        ("locals {\n  a = { b = 1 }\n}", "local.a.z", "?local.a.z"),
        ("locals {\n  a = local.b\n  b = local.a\n}", "local.a", "?local.a"),
        ('variable "v" {\n  default = true\n}', 'var.v ? "on" : "off"', "on"),
        ('variable "v" {\n  default = { a = 1 }\n}', "merge(var.v, { b = 2 })", {"a": 1, "b": 2}),
    ],
)
def test_a_name_stands_for_what_the_same_file_says(around: str, expression: str, said: object) -> None:
    assert value_of(expression, around) == said


def test_locals_that_go_round_are_no_matter_of_depth() -> None:
    document = read("locals {\n  a = local.b\n  b = [local.a]\n}\n")
    assert document.opaque == ()
    assert plain(document.units[0].body) == {"a": ["?local.a"], "b": ["?local.a"]}


def test_a_merge_with_what_is_not_known_leaves_the_map_open() -> None:
    (unit,) = read('resource "x" "y" {\n  tags = merge({ a = 1 }, var.tags)\n}\n').units
    assert plain(unit.body.items["tags"]) == {"a": 1}
    assert unit.body.items["tags"].text == "var.tags"


def test_blocks_are_units_of_their_kinds() -> None:
    text = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  backend "s3" {
    bucket = "b"
  }
}
provider "aws" {}
variable "v" {}
output "o" {
  value = 1
}
locals {
  l = 1
}
module "m" {
  source = "./m"
}
data "aws_ami" "d" {}
resource aws_instance bare {
  provisioner "local-exec" {
    command = "true"
  }
}
moved {
  from = a.b
  to   = a.c
}
"""
    assert [(unit.kind, unit.type, unit.name) for unit in read(text).units] == [
        ("terraform.settings", "", "terraform"),
        ("terraform.backend", "s3", "terraform"),
        ("terraform.requirement", "aws", "aws"),
        ("terraform.provider", "aws", "aws"),
        ("terraform.variable", "", "v"),
        ("terraform.output", "", "o"),
        ("terraform.locals", "", "locals"),
        ("terraform.module", "", "m"),
        ("terraform.data", "aws_ami", "d"),
        ("terraform.resource", "aws_instance", "bare"),
        ("terraform.provisioner", "local-exec", "bare"),
    ]


def test_a_file_of_values_is_one_unit() -> None:
    (unit,) = read('region = "eu"\nports = [1, 2]\n').units
    assert (unit.kind, plain(unit.body)) == ("terraform.values", {"region": "eu", "ports": [1, 2]})


def test_nested_blocks_are_lists_of_maps_and_what_is_null_is_missing() -> None:
    (unit,) = read('resource "x" "y" {\n  b {\n    c = 1\n  }\n  b {\n    c = null\n    d {}\n  }\n}\n').units
    assert plain(unit.body) == {"b": [{"c": 1}, {"d": [{}]}]}


@pytest.mark.parametrize(
    ("each", "ports"),
    [
        ("[22, 443]", [22, 443]),
        ("{ ssh = 22 }", [22]),
        ("var.ports", ["?rule.value"]),
        ("[]", ["?rule.value"]),
        ("var.on ? [1] : []", ["?rule.value"]),
    ],
)
def test_a_dynamic_block_is_the_blocks_that_it_makes(each: str, ports: list[object]) -> None:
    text = f'resource "x" "y" {{\n  dynamic "ingress" {{\n    for_each = {each}\n    iterator = rule\n    content {{\n'
    (unit,) = read(f"{text}      port = rule.value\n    }}\n  }}\n}}\n").units
    assert plain(unit.body) == {"ingress": [{"port": port} for port in ports]}


_ENCODED = """resource "aws_sqs_queue_policy" "p" {
  policy = jsonencode({ Statement = [{
    Sid       = "s"
    Effect    = "Allow"
    Principal = { AWS = "*", Service = ["a.com"] }
    Action    = "sqs:*"
    Resource  = ["r"]
    Condition = { StringEquals = { "aws:SourceVpc" = "v" } }
  }] })
}
"""
_WRITTEN = """resource "aws_sqs_queue_policy" "p" {
  policy = <<-EOF
    {"Statement": {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": ["*"], "Service": "a.com"},
     "Action": ["sqs:*"], "Resource": "r", "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}}}
  EOF
}
"""
_DOCUMENT = """data "aws_iam_policy_document" "p" {
  statement {
    sid       = "s"
    actions   = ["sqs:*"]
    resources = ["r"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    principals {
      type        = "Service"
      identifiers = ["a.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = ["v"]
    }
  }
}
"""


@pytest.mark.parametrize("written", [_ENCODED, _WRITTEN, _DOCUMENT])
def test_a_statement_is_the_same_whichever_way_it_is_written(written: str) -> None:
    (unit,) = named(read(written), "terraform.statement")
    body = plain(unit.body)
    assert isinstance(body, dict)
    del body["at"]
    assert unit.name == "p.s"
    assert body == {
        "effect": "Allow",
        "actions": ["sqs:*"],
        "resources": ["r"],
        "principals": ["*", "Service/a.com"],
        "compared": {"aws:SourceVpc": ["v"]},
        "conditions": ["aws:sourcevpc"],
    }


@pytest.mark.parametrize(
    ("type_", "body", "opened"),
    [
        (
            "aws_security_group",
            'ingress {\nfrom_port = 22\nto_port = 23\nprotocol = "tcp"\nipv6_cidr_blocks = ["::/0"]\n}',
            ("in", "allow", "tcp", 22, 23, "::/0"),
        ),
        (
            "aws_security_group",
            'ingress = [{ from_port = 0, to_port = 0, protocol = -1, cidr_blocks = ["0.0.0.0/1"] }]',
            ("in", "allow", "all", 0, 65535, "0.0.0.0/1"),
        ),
        (
            "aws_security_group_rule",
            'type = "egress"\nfrom_port = 1\nto_port = 2\nprotocol = "6"\ncidr_blocks = ["10.0.0.0/8"]',
            ("out", "allow", "tcp", 1, 2, None),
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            'ip_protocol = "tcp"\nfrom_port = 5\nto_port = 6\ncidr_ipv4 = "0.0.0.0/0"',
            ("in", "allow", "tcp", 5, 6, "0.0.0.0/0"),
        ),
        (
            "azurerm_network_security_rule",
            'direction="Inbound"\naccess="Allow"\nprotocol="*"\ndestination_port_range="*"\nsource_address_prefix="Internet"',
            ("in", "allow", "all", 0, 65535, "Internet"),
        ),
        (
            "google_compute_firewall",
            'allow {\nprotocol = "tcp"\nports = ["20-30"]\n}',
            ("in", "allow", "tcp", 20, 30, "0.0.0.0/0"),
        ),
        (
            "google_compute_firewall",
            'source_tags = ["a"]\nallow {\nprotocol = "all"\n}',
            ("in", "allow", "all", 0, 65535, None),
        ),
    ],
)
def test_an_opening_is_the_same_whichever_cloud_says_it(type_: str, body: str, opened: tuple[object, ...]) -> None:
    (unit,) = named(read(f'resource "{type_}" "g" {{\n{body}\n}}\n'), "terraform.opening")
    said = plain(unit.body)
    assert isinstance(said, dict)
    assert tuple(said.get(key) for key in ("direction", "access", "protocol", "from", "to", "world")) == opened


def test_json_says_what_hcl_says() -> None:
    text = """{"variable": {"acl": {"default": "public-read"}},
      "resource": {"aws_s3_bucket_acl": {"a": {"acl": "${var.acl}", "bucket": "${aws_s3_bucket.b.id}", "gone": null}},
                   "x": {"y": [{"l": "${local.l}"}, {"m": "${local.m}"}]}},
      "locals": {"l": ["a", "b"], "m": {"n": "${local.m}"}},
      "terraform": {"backend": {"s3": {"encrypt": false}}}}"""
    document = terraform_json.lower(text, Budget(SECONDS))
    assert [plain(unit.body) for unit in named(document, "terraform.resource")] == [
        {"acl": "public-read", "bucket": "?${aws_s3_bucket.b.id}"},
        {"l": ["a", "b"]},
        {"m": "?${local.m}"},
    ]
    assert [plain(unit.body) for unit in named(document, "terraform.locals")] == [
        {"l": ["a", "b"], "m": {"n": "?${local.m}"}}
    ]
    assert [(unit.type, plain(unit.body)) for unit in named(document, "terraform.backend")] == [("s3", {"encrypt": False})]


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": "\\x"}', '{"a" 1}', "{" * 200, '{"a": 1}}'])
def test_json_that_is_none_is_told_with_its_line(text: str) -> None:
    with pytest.raises(NotThis, match=r"^line 1: "):
        terraform_json.lower(text, Budget(SECONDS))


def test_places_count_code_points_and_point_at_what_is_written() -> None:
    text = '# ünï\nresource "x" "y" {\n  a = "ö"\n  b = [ "ä", 17 ]\n}\n'
    (unit,) = read(text).units
    assert text[slice(*unit.head)] == 'resource "x" "y"'
    assert text[slice(*unit.body.items["b"].values[1].span)] == "17"
    assert text[slice(*unit.body.key_spans["b"])] == "b"


def test_what_a_local_says_is_shown_where_it_is_used() -> None:
    text = 'resource "x" "y" {\n  a = local.l\n}\nlocals {\n  l = ["z"]\n}\n'
    unit = read(text).units[0]
    assert text[slice(*unit.body.items["a"].span)] == "local.l"
    assert text[slice(*unit.body.items["a"].values[0].span)] == '"z"'


@pytest.mark.parametrize(
    "text",
    [
        'resource "a" "b" {\n  x =\n  y = 2\n}\nresource "c" "d" {\n  z = 1\n}\n',
        'resource "c" "d" {\n  z = 1\n',
        'resource "c" "d" {\n  z = 1\n}\nx = "half\n',
    ],
)
def test_half_a_file_is_told_and_the_rest_is_read(text: str) -> None:
    document = read(text)
    assert document.opaque
    assert any(unit.name == "d" and plain(unit.body)["z"] == 1 for unit in document.units)  # type: ignore[index]


@pytest.mark.parametrize("text", ["}}}\n", "a: b\n", "<html>\n", "\x00\x01"])
def test_what_is_no_hcl_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(NotThis, match=r"^line \d+: "):
        read(text)


@pytest.mark.parametrize("text", ["", "# only words\n", "\n\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert read(text) == Document(())


def test_what_is_too_deep_is_told() -> None:
    document = read('resource "x" "y" {\n  a = ' + "[" * 500 + "]" * 500 + "\n}\n")
    assert [piece.why for piece in document.opaque] == ["deeper than 40 levels"]
    blocks = read('resource "x" "y" {\n' + "b {\n" * 500 + "}\n" * 500 + "}\n")
    assert [piece.why for piece in blocks.opaque] == ["deeper than 40 levels"]


def test_what_is_too_large_is_told() -> None:
    document = read("a = 1\n" * 1_000_000)
    assert [piece.why for piece in document.opaque] == ["larger than 4 MiB"]


def test_a_budget_that_is_spent_ends_the_parser() -> None:
    with pytest.raises(OutOfTime):
        terraform.lower('resource "x" "y" {\n  a = 1\n}\n' * 20_000, Budget(0))


def nodes(node: Node, most: int) -> int:
    """Count the nodes that a walk over a value meets."""
    count, waiting = 0, [node]
    while waiting and count < most:
        count += 1
        waiting.extend(waiting.pop().children())
    return count


@pytest.mark.parametrize(
    "step", ["[local.{0}, local.{0}]", "concat(local.{0}, local.{0})", "{{ a = local.{0}, b = local.{0} }}"]
)
def test_references_to_references_do_not_swell(step: str) -> None:
    lines = ["l0 = [1, 2, 3, 4]", *(f"l{number} = {step.format(f'l{number - 1}')}" for number in range(1, 30))]
    document = read("locals {\n  " + "\n  ".join(lines) + "\n}\n")
    assert nodes(document.units[0].body, 1_000_000) < 1_000_000


def test_texts_of_texts_do_not_swell() -> None:
    lines = ['l0 = "0123456789"', *(f'l{n} = "${{local.l{n - 1}}}${{local.l{n - 1}}}"' for n in range(1, 40))]
    document = read("locals {\n  " + "\n  ".join(lines) + "\n}\n")
    assert max(len(node.text) for node in document.units[0].body.children()) < 200_000


def test_dynamic_blocks_in_dynamic_blocks_do_not_swell() -> None:
    text = 'resource "x" "y" {\n'
    for depth in range(8):
        text += f'dynamic "d{depth}" {{\n for_each = [1,2,3,4,5,6,7,8,9,10]\n content {{\n'
    text += "a = 1\n" + "}\n}\n" * 8 + "}\n"
    assert nodes(read(text).units[0].body, 1_000_000) < 1_000_000


@given(st.text(alphabet='resource"ab {}[]()=,\n$<EOT-|?:.#/1\\', max_size=400))
def test_any_text_ends_in_units_or_is_refused(text: str) -> None:
    try:
        document = read(text)
    except NotThis:
        return
    for unit in document.units:
        assert 0 <= unit.head[0] <= unit.head[1] <= len(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(alphabet='abc {}"\\\n', max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="abc", min_size=1), inner, max_size=4),
        max_leaves=20,
    )
)  # fmt: skip
def test_json_in_a_heredoc_reads_as_json_reads(value: object) -> None:
    import json

    text = json.dumps({"v": value})
    (unit,) = read(f'resource "x" "y" {{\n  a = <<EOT\n{text}\nEOT\n}}\n').units
    assert plain(unit.body.items["a"]) == json.loads(text)


@pytest.mark.parametrize(
    ("path", "language", "format_"),
    [
        ("infra/main.tf", "hcl", "terraform"),
        ("infra/main.tofu", None, "terraform"),
        ("prod.tfvars", "hcl", "terraform"),
        ("main.tf.json", "json", "terraform_json"),
        ("job.nomad.hcl", "hcl", ""),
    ],
)
def test_a_file_is_known_by_its_name(path: str, language: str | None, format_: str) -> None:
    assert format_of(path, language, "x = 1") == format_
