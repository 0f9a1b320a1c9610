"""What makes a look cheap, told without a clock: words in one pass, nothing left behind for the collector of cycles."""

import gc
import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clearance.rules.model import Rule
from clearance.scan.code.detect.index import words_of
from clearance.scan.code.family import CodeFamily

METHOD = """
    def method{0}(self, request):
        self.field{0} = request.GET["a"]
        name = "%s.%s" % (self.field{0}, self.other({0}))
        for one in [name, request.POST]:
            os.system("ls " + one)
        return lambda: self.method0(name)
"""
CODE = "import os\nclass Many:\n    def other(self, x):\n        return [x, x]\n" + "".join(map(METHOD.format, range(30)))
_MOST_LEFT = 600


@given(st.binary(max_size=80) | st.text("ab_$9.@ \n", max_size=80).map(str.encode))
def test_the_words_of_a_text_are_all_that_could_be_names(data: bytes) -> None:
    words = {one for one in words_of(data) if not one.startswith(b"@")}
    assert words == set(re.findall(rb"[A-Za-z_$][\w$]*", data))


def test_a_look_leaves_next_to_nothing_in_cycles(
    rule: Callable[..., Rule], vocabulary: list[Rule], look_at: Callable[..., Any]
) -> None:
    family = CodeFamily((rule(("python", 'call = "os.system"\nargument.0 = "request"')), *vocabulary))
    assert len(look_at(family, "a.py", CODE.encode()).matches) == 30
    gc.collect()
    gc.disable()
    try:
        look_at(family, "b.py", CODE.encode())
        left = gc.collect()
    finally:
        gc.enable()
    assert left < _MOST_LEFT
