"""A document as the bytes that are served."""

from collections.abc import Mapping
from typing import Any

import orjson
import yaml

# libyaml, which nearly every wheel of PyYAML has, is about ten times as fast.
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def as_json(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_yaml(document: Mapping[str, Any]) -> bytes:
    """By way of JSON: plain types, and no part held twice, for which YAML would write an alias."""
    plain = orjson.loads(orjson.dumps(document))
    text: str = yaml.dump(plain, Dumper=DUMPER, sort_keys=False, allow_unicode=True)
    return text.encode()
