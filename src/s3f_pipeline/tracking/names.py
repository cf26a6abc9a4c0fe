"""Names and texts as MLflow takes them: letters, digits and ``_.- `` in names, whole characters in texts.

What stands before the first slash of a name is a group, of which MLflow's pages make a section.
"""

import posixpath
import re
from collections.abc import Mapping
from typing import TypeVar

from s3f_pipeline.credentials import hide_secrets

LONGEST_NAME = 250
LONGEST_TAG = 8000
LONGEST_PARAM = 6000
REFUSED = re.compile(r"[^\w.\- ]")
Value = TypeVar("Value")


def safe_names(values: Mapping[str, Value]) -> dict[str, Value]:
    """Replace in each name what MLflow refuses, and number those that would become one.

    Names that need no change keep theirs.

    Example:
        >>> safe_names({"f1/Grade III+": 0.5, "f1/Grade III-": 0.7, "f1/Grade III*": 0.6})
        {'f1/Grade III_': 0.5, 'f1/Grade III-': 0.7, 'f1/Grade III__2': 0.6}
    """
    safe: dict[str, Value] = {}
    for name, value in values.items():
        safe[_free(name, safe, values)] = value
    return safe


def safe_text(text: str, longest: int) -> str:
    """Cut a text, replace what no database stores (zeros, halves of a character), and hide secrets."""
    whole = hide_secrets(text).replace("\0", "\N{REPLACEMENT CHARACTER}")
    return whole.encode("utf-8", "replace").decode("utf-8")[:longest]


def _free(name: str, taken: Mapping[str, object], names: Mapping[str, object]) -> str:
    plain = "/".join(REFUSED.sub("_", part) for part in name.split("/", 1))[:LONGEST_NAME]
    if posixpath.normpath(plain) != plain or plain.startswith("/"):  # MLflow takes names for paths
        plain = plain.replace("/", "_")
    if plain.startswith("..") or plain.strip(".") == "":
        plain = f"_{plain}"[:LONGEST_NAME]
    if plain == name:
        return name
    number, free = 1, plain
    while free in taken or free in names:
        number += 1
        ending = f"_{number}"
        free = plain[: LONGEST_NAME - len(ending)] + ending
    return free
