"""What an assistant invents is told; what is there, or may be there, is not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.code.properties.invented import invented
from clearance.scan.code.properties.libraries import Libraries
from clearance.scan.code.source import Source
from clearance.scan.family import OutOfTime


def said(text: str, language: str = "python", folders: tuple[Path, ...] = ()) -> list[str]:
    return [one.message for one in invented(Source(text, language), Libraries(folders))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os\nos.mkdirs('a')\n", "os has no mkdirs"),
        ("import os.path as osp\nosp.joinpath('a')\n", "os.path has no joinpath"),
        ("import hashlib\nhashlib.sha256sum(b'')\n", "hashlib has no sha256sum"),
        ("from secrets import token_string\n", "secrets has no token_string"),
        ("from secrets import (\n    token_hex,\n    token_string as t,\n)\n", "secrets has no token_string"),
        ("import json.encoders\n", "there is no module json.encoders"),
        ("import subprocess as sp\nsp.run(['ls'], shel=True)\n", "subprocess.run takes no parameter shel"),
        ("from subprocess import run\nrun(['ls', f(1)], shel=True)\n", "subprocess.run takes no parameter shel"),
        ("import subprocess\nsubprocess.Popen(['a'], detached=True)\n", "subprocess.Popen takes no parameter detached"),
        ("from datetime import datetime\ndatetime.nowutc()\n", "datetime.datetime has no nowutc"),
        ("import datetime\ndatetime.datetime.nowutc()\n", "datetime.datetime has no nowutc"),
        ("from urllib.parse import quote as q\nq('a', escape=True)\n", "urllib.parse.quote takes no parameter escape"),
    ],
)  # fmt: skip
def test_what_python_does_not_have_is_told(text: str, message: str) -> None:
    assert message in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.makedirs('a', exist_ok=True)\nos.path.join('a')\nos.environ.anything\n",
        "import os\ntry:\n    os.nothere()\nexcept AttributeError:\n    pass\n",
        "import os\nif hasattr(os, 'nothere'):\n    os.nothere()\n",
        "import sys, os\nif sys.version_info < (3,):\n    os.getcwdu()\n",
        "import os\nos.nothere = 1\nprint(os.nothere)\n",
        "import os\ndef f(os):\n    return os.nothere\n",
        "import os\nos = Proxy()\nos.nothere()\n",
        "'''\nimport os\nfrom secrets import token_string\nos.mkdirs()\n'''\n",
        "import os\n# os.mkdirs()\nprint('os.mkdirs')\n",
        "import subprocess\nsubprocess.run(['ls'], check=True, **options)\nf(subprocess.run, shel=True)\n",
        "import subprocess\nsubprocess.run(make(shel=True))\n",
        "import json\njson.dumps(x, indentation=2)\n",
        "import nobody_knows\nnobody_knows.f(x=1)\n",
        "from datetime import datetime\ndatetime.now(tz=None)\ndatetime.strptime('a', 'b')\n",
        "import hashlib\nhashlib.md5(b'', usedforsecurity=False)\nhashlib.scrypt(b'', salt=b'', n=2, r=8, p=1)\n",
        "import collections.abc, os.path\ncollections.abc.Mapping\ncollections.OrderedDict\nos.path.exists('a')\n",
    ],
)
def test_what_is_there_or_may_be_is_not(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('const fs = require("fs");\nfs.readFileAsync("a");\n', "fs has no readFileAsync"),
        ('import { readFileAsync } from "node:fs";\n', "fs has no readFileAsync"),
        ('import * as crypto from "crypto";\ncrypto.createSHA256("x");\n', "crypto has no createSHA256"),
        ('const { exec, execAsync } = require("child_process");\n', "child_process has no execAsync"),
    ],
)
def test_what_node_does_not_have_is_told(text: str, message: str) -> None:
    assert said(text, "javascript") == [message]


@pytest.mark.parametrize(
    "text",
    [
        'const fs = require("fs");\nfs.readFileSync("a");\nfs.promises.readFile("a");\n',
        'import type { PathLike } from "node:http2";\n',
        'const fs = require("fs");\nif (fs.nothere) { fs.nothere(); }\nfs.nothere?.();\n',
        'const fs = require("fs");\nfs.nothere = () => 1;\n',
        'const fs = require("fs");\nfunction f(fs) { return fs.nothere; }\n',
        'const fs = require("fs-extra");\nfs.nothere();\n',
        'const text = `\nconst fs = require("fs");\nfs.nothere();\n`;\n',
    ],
)
def test_what_node_has_or_may_have_is_not(text: str) -> None:
    assert said(text, "javascript") == []


def test_an_installed_package_is_read_and_never_run(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    mark = tmp_path / "ran"
    (package / "__init__.py").write_text(f"open({str(mark)!r}, 'w')\nfrom .cart import Cart\nfrom .more import *\n")
    (package / "cart.py").write_text("class Cart:\n    def add(self, item, *, count=1): ...\ndef total(cart): ...\n")
    (package / "more.py").write_text("VERSION = 1\n")
    text = (
        "import shop\nfrom shop import Cart, VERSION, Basket\nfrom shop.cart import total\nshop.nothere()\n"
        "total(1, taxes=2)\nCart.ad()\nimport shop.basket\nshop.VERSION\n"
    )
    assert said(text, folders=(tmp_path,)) == [
        "shop has no Basket",
        "there is no module shop.basket",
        "shop has no nothere",
        "shop.Cart has no ad",
        "shop.cart.total takes no parameter taxes",
    ]
    assert not mark.exists()


def test_a_package_that_makes_names_as_it_runs_is_open(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text("def __getattr__(name): ...\n")
    (tmp_path / "dyn.py").write_text("globals().update(a=1)\n")
    assert said("import lazy, dyn\nlazy.a\ndyn.b\n", folders=(tmp_path,)) == []


@given(st.text(alphabet="import osfr.()=,\n*#'a", max_size=60))
def test_odd_text_breaks_nothing(text: str) -> None:
    said("import os\n" + text)


@pytest.mark.parametrize(
    "text", ["import " + "a" * 300, "from " + "b" * 5_000 + " import c", "import " + ".".join(["q"] * 5_000)]
)
def test_names_too_long_for_a_file_are_nobodys(tmp_path: Path, text: str) -> None:
    assert said(f"{text}\n", folders=(tmp_path,)) == []


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"(" * 20_000, b"\0" * 100, b"def f(:\n  retrun\n"])
def test_a_package_that_does_not_parse_may_hold_anything(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "odd.py").write_bytes(data)
    assert said("import odd\nfrom odd import zz\nodd.foo(1)\nodd.A(1).b()\n", folders=(tmp_path,)) == []


def test_what_a_function_imports_hides_what_the_file_does() -> None:
    text = "import datetime\n\n\ndef f(x):\n    from datetime import datetime\n\n    return datetime.fromtimestamp(x)\n"
    assert said(text) == []
    assert said(text.replace("    from datetime import datetime\n", "")) == ["datetime has no fromtimestamp"]


def test_reading_libraries_keeps_to_the_budget(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text("x = 1\n")

    def spent() -> None:
        raise OutOfTime

    with pytest.raises(OutOfTime):
        list(invented(Source("import odd\nodd.foo()\n", "python"), Libraries((tmp_path,)), spent))
