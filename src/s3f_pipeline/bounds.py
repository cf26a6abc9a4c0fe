"""Bounds of numbers, stated where they belong and checked by the configuration.

Rooms that do without pydantic describe their settings as plain dataclasses; pydantic reads these bounds from
the annotations.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Bounds:
    """What a number must be; true and false are none.

    Example:
        >>> from typing import Annotated
        >>> Share = Annotated[float, Bounds(gt=0, lt=1)]
    """

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """What pydantic is to check, in its own terms."""
        bounds = {name: value for name, value in asdict(self).items() if value is not None}
        refuse_bool = {"type": "no-info", "function": _refuse_bool}
        return {"type": "function-before", "function": refuse_bool, "schema": {**handler(source), **bounds}}


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("give a number, not true or false")
    return value
