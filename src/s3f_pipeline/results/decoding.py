"""JSON as typed values: frozen dataclasses, mappings and tuples, checked where they are read."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

NAMES = {
    bool: "true or false",
    dict: "a group of values",
    float: "a number",
    int: "a whole number",
    list: "a list",
    NoneType: "null",
    str: "text",
}


class DecodingError(ValueError):
    """A value that is missing, or of another kind than it must be; the message says where it is."""


def decode(kind: Any, value: Any, where: str = "") -> Any:
    """Make a typed value of what JSON holds.

    Args:
        kind: A dataclass, ``Mapping[str, …]``, ``tuple[…]``, a union, a literal, ``Any``, or what JSON itself
            has. Keys that a dataclass does not name are passed over.
        value: As ``json.loads`` returns it.
        where: Dotted key of the value.

    Raises:
        DecodingError: If the value, or one inside it, is missing or of another kind.

    Example:
        >>> decode(Mapping[str, float], {"a": 1})
        {'a': 1.0}
    """
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _decode_dataclass(kind, value, where)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _decode_union(parts, value, where)
    if origin is Literal:
        return _decode_literal(parts, value, where)
    if origin is tuple:
        return _decode_tuple(parts, _require(list, value, where), where)
    if origin is Mapping:
        found = _require(dict, value, where)
        return {key: decode(parts[1], inside, _inside(where, key)) for key, inside in found.items()}
    if kind is float and type(value) is int:
        return float(value)
    return _require(kind, value, where)


def _decode_dataclass(kind: Any, value: Any, where: str) -> Any:
    given, kinds = _require(dict, value, where), _kinds(kind)
    values = {}
    for field in fields(kind):
        if field.name in given:
            values[field.name] = decode(kinds[field.name], given[field.name], _inside(where, field.name))
        elif field.default is MISSING:
            raise DecodingError(f"{_inside(where, field.name)} is missing")
    return kind(**values)


def _decode_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    problems = []
    for kind in kinds:
        try:
            return decode(kind, value, where)
        except DecodingError as error:
            problems.append(error)
    raise problems[0]


def _decode_literal(allowed: tuple[Any, ...], value: Any, where: str) -> Any:
    if not any(value == each and type(value) is type(each) for each in allowed):
        raise DecodingError(f"{where} must be one of {', '.join(map(str, allowed))}")
    return value


def _decode_tuple(kinds: tuple[Any, ...], value: list[Any], where: str) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(kinds) != len(value):
        raise DecodingError(f"{where} has {len(value)} values, and must have {len(kinds)}")
    pairs = zip(kinds, value, strict=True)
    return tuple(decode(kind, inside, _inside(where, number)) for number, (kind, inside) in enumerate(pairs))


def _require(kind: type, value: Any, where: str) -> Any:
    if type(value) is not kind:
        raise DecodingError(f"{where or 'the content'} must be {NAMES[kind]}")
    return value


def _inside(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


@cache
def _kinds(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
