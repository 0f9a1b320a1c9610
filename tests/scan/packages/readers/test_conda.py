"""conda: environments, recipes, lock files, pixi."""

from collections.abc import Callable

import pytest

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Unparsed
from clearance.scan.packages.readers.conda import environment, lock, pixi

NamesIn = Callable[[str, str], list[str]]
DIGEST = "ab" * 32

ENVIRONMENT = """name: zz-no
channels: [conda-forge, bioconda]
dependencies:
  - python=3.11
  - zz-a=1.2.3=h123_0
  - "zz-b >=2,<3"
  - conda-forge::zz-c
  - zz-d[version='>=4']
  - pip
  - pip:
    - zz-e==1.0
    - "zz-f[x]>=2"
    - -r more.txt
    - -e git+https://git.example/g#egg=zz-g
    - --extra-index-url https://pkg.example/simple
    - ./local
"""


def test_what_an_environment_names(names_in: NamesIn) -> None:
    assert names_in("environment.yml", ENVIRONMENT) == [
        "4 conda python (=3.11)",
        "5 conda zz-a@1.2.3",
        "6 conda zz-b (>=2,<3)",
        "7 conda zz-c",
        "8 conda zz-d ([version='>=4'])",
        "9 conda pip",
        "11 PyPI zz-e@1.0 private",
        "12 PyPI zz-f (>=2) private",
        "14 from zz-g git+https://git.example/g#egg=zz-g",
        "15 also https://pkg.example/simple",
    ]


RECIPE = """{% set version = "1.0" %}
package:
  name: zz-no
requirements:
  build:
    - {{ compiler('c') }}
    - zz-a >=1  # [win]
  host:
    - python {{ python }}
    - zz-b ==2.0
  run:
    - zz-c
about:
  summary:
    - zz-no
test:
  requires:
    - zz-d
  commands:
    - pip check
"""


def test_a_recipe_that_is_no_yaml_is_read_too(names_in: NamesIn) -> None:
    assert [one for one in names_in("meta.yaml", RECIPE) if "python" not in one] == [
        "7 conda zz-a (>=1)",
        "10 conda zz-b@2.0",
        "12 conda zz-c",
        "18 conda zz-d",
    ]


LOCK = f"""version: 1
metadata:
  sources: [zz-no]
package:
- name: zz-a
  version: 1.2.3
  manager: conda
  dependencies:
    python: '>=3'
  url: https://conda.anaconda.org/conda-forge/noarch/zz-a-1.2.3-0.conda
  hash:
    sha256: {DIGEST}
- name: zz-b
  version: '2.0'
  manager: pip
  url: https://files.pythonhosted.org/zz_b-2.0.whl
  hash: {{}}
"""


def test_what_conda_lock_names(names_in: NamesIn) -> None:
    assert names_in("conda-lock.yml", LOCK) == ["5 conda zz-a@1.2.3", "13 PyPI zz-b@2.0"]
    first = next(iter(lock(LOCK, Budget(9))))
    assert first.details.hashes == (f"sha256:{DIGEST}",)
    assert first.details.needs == ("python",)
    explicit = f"@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/linux-64/zz-a-b-1.2-h1_0.conda#{DIGEST[:32]}\n"
    assert names_in("conda-linux-64.lock", explicit) == ["2 conda zz-a-b@1.2"]


def test_what_pixi_names(names_in: NamesIn) -> None:
    text = (
        "[dependencies]\nzz-a = '==1.2'\nzz-b = {version = '>=1', channel = 'x'}\n"
        "[pypi-dependencies]\nzz-c = '*'\nme = {path = '.'}\n"
        "[feature.x.target.linux-64.dependencies]\nzz-d = '1.*'\n"
    )
    assert names_in("pixi.toml", text) == ["2 conda zz-a@1.2", "3 conda zz-b (>=1)", "5 PyPI zz-c", "8 conda zz-d (1.*)"]


@pytest.mark.parametrize(
    ("read", "text", "line"),
    [
        (environment, "a:\n  - b: [\nc: d: e\n", "line 3"),
        (environment, "dependencies: " + "[" * 100_000, "nested deeper"),
        (lock, "package:\n- name: a\n  url: x\n", "line 2"),
        (pixi, "[dependencies]\na = \n", "line 2"),
    ],
)
def test_a_broken_file_is_named_with_its_line(read: Callable[..., object], text: str, line: str) -> None:
    with pytest.raises(Unparsed, match=line):
        list(read(text, Budget(9)))  # type: ignore[call-overload]
