"""What the tests of the language server need."""

import pytest

pytest.importorskip("pygls", reason="needs the extra `lsp`")
