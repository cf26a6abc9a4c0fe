"""Figures in a text, held against the artefact that they are said to come from."""

import dataclasses
import re
from collections.abc import Iterator, Mapping

FIGURE = re.compile(r"(?<![\d.])\d[\d,]*\.\d{3,4}(?!\d)|(?<![\d.])\d+\.\d\N{NO-BREAK SPACE}%")


def values_of(tree) -> Iterator[float]:
    """All numbers of an artefact."""
    if dataclasses.is_dataclass(tree):
        tree = dataclasses.asdict(tree)
    if isinstance(tree, Mapping):
        tree = [*tree.values()]
    if isinstance(tree, list | tuple):
        for value in tree:
            yield from values_of(value)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield float(tree)


def unknown_figures(text: str, *artefacts) -> list[str]:
    """Figures of a text (three or four decimals, or percent) that no artefact has."""
    known = set()
    for value in values_of(list(artefacts)):
        known |= {f"{value:.4f}", f"{value:.3f}", f"{100 * value:.1f}\N{NO-BREAK SPACE}%"}
    return [figure for figure in FIGURE.findall(text) if figure not in known]
