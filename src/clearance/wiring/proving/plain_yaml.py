"""YAML of others, read without trusting it: whatever the reader trips over is one error."""

from typing import Any

import yaml

_MOST = 1 << 20


def load_yaml(text: str | bytes, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:
    """Read one document into plain values.

    Raises:
        ValueError: it is no YAML, longer than a mebibyte, or holds a value that is not what its tag says.
    """
    if len(text) > _MOST:
        raise ValueError("longer than is read")
    reader = loader(text)
    try:
        return reader.get_single_data()
    except (yaml.YAMLError, LookupError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(f"no YAML: {type(error).__name__}") from None
    finally:
        reader.dispose()
