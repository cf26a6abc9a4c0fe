"""What may stand where in the configuration, and what a key that may not was meant to be."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from s3f_pipeline.config.schema import Parameters


def unknown_key(location: tuple[int | str, ...]) -> str:
    """Say that the last part of a location is no key, what is allowed there, and what may be meant."""
    *place, key = map(str, location)
    schema = Parameters.model_json_schema()
    block = _at(schema, place)
    allowed = sorted(_properties(block, schema))
    prefix = "".join(f"{part}." for part in place)
    meant = _closest(key, block, schema, prefix) or _closest(key, schema, schema, "", exact=True)
    hint = f" Did you mean '{meant}'?" if meant else ""
    where = f"in '{'.'.join(place)}'" if place else "at the top level"
    return f"unknown key '{prefix}{key}'.{hint} Allowed {where}: {', '.join(allowed)}."


def _closest(
    key: str, block: Mapping[str, Any], schema: Mapping[str, Any], prefix: str, *, exact: bool = False
) -> str | None:
    """The key of a block, or of a block inside it, that is most like another; the outermost of equals."""
    paths: dict[str, str] = {}
    for path in sorted(_paths(block, schema), key=lambda path: path.count(".")):
        paths.setdefault(path.rpartition(".")[2], path)
    close = [key] if key in paths else [] if exact else get_close_matches(key, paths, n=1)
    return f"{prefix}{paths[close[0]]}" if close else None


def _paths(block: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Every key of a block and of the blocks inside it, as ``training.epochs``."""
    for key, part in _properties(block, schema).items():
        yield key
        yield from (f"{key}.{inner}" for inner in _paths(part, schema))


def _at(schema: Mapping[str, Any], place: list[str]) -> Mapping[str, Any]:
    """The JSON schema of the block at a path of keys."""
    block = schema
    for part in place:
        block = _resolved(block, schema)
        block = block.get("properties", {}).get(part) or block.get("additionalProperties") or block["items"]
    return block


def _properties(block: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = _resolved(block, schema).get("properties", {})
    return properties


def _resolved(block: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the block where there may also be none."""
    for option in block.get("anyOf", ()):
        if "$ref" in option or option.get("type") == "object":
            block = option
    if "$ref" in block:
        block = schema["$defs"][block["$ref"].rpartition("/")[2]]
    return block
