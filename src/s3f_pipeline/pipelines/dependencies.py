"""On what a stage depends, part by part, so that it can be said what has changed."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

MISSING = "missing"
MOST_NAMED = 3
LONGEST_VALUE = 40
WORDS = {
    "acquisition": "origin of the raw files",
    "groups": "groups",
    "history": "training history",
    "leakage_audit": "leakage audit",
    "listing": "raw files",
    "model": "trained network",
    "weights_file": "file of weights",
    "comparisons": "set of comparisons",
    "explained_runs": "set of explanations",
    "held_out_runs": "set of finished runs",
    "runs": "set of finished runs",
    "patient_salt": "secret of patient ids",
    "splits": "split",
    "training": "facts of the training",
}
"""What input files are called where their name in the catalog says too little."""


@dataclass(frozen=True)
class Dependencies:
    """On what the outputs of a stage depend.

    Attributes:
        parameters: Values by the key that a user would set, such as ``training.epochs``.
        inputs: SHA-256 of each file, or ``missing``, by catalog entry.
        code: Hash of what is run of each file, by its path in the package.
        packages: Versions of the packages that matter.
        nodes: What each node runs, reads and writes.
    """

    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    code: Mapping[str, str]
    packages: Mapping[str, str]
    nodes: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Hash of it all."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def changes(self, now: "Dependencies") -> list[str]:
        """Say what is different now, most telling first, such as ``parameter training.epochs 12 → 20``."""
        told = [
            *(
                f"parameter {name} {_short(self.parameters, name)} → {_short(now.parameters, name)}"
                for name in _different(self.parameters, now.parameters)
            ),
            *(f"{_word(name)} changed" for name in _different(self.inputs, now.inputs)),
            *(f"code of {name}" for name in _different(self.code, now.code)),
            *(
                f"{name} {self.packages.get(name, 'none')} → {now.packages.get(name, 'none')}"
                for name in _different(self.packages, now.packages)
            ),
            *(f"wiring of {name}" for name in _different(self.nodes, now.nodes)),
        ]
        return list(dict.fromkeys(told))


def first_of(changes: list[str]) -> str:
    """Name the first few changes, and count the others."""
    more = len(changes) - MOST_NAMED
    return ", ".join(changes[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def flat(values: Any, name: str) -> dict[str, Any]:
    """Values inside of nested mappings by their dotted keys, such as ``training.epochs``.

    Args:
        values: A mapping, or one value.
        name: What the keys begin with; may be empty for a mapping.
    """
    if not isinstance(values, Mapping) or not values:
        return {name: values}
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{name}.{key}" if name else str(key))
    return found


def _different(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name))


def _short(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return "none"
    text = values[name] if isinstance(values[name], str) else json.dumps(values[name], ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _word(entry: str) -> str:
    name = entry.rpartition(".")[2]
    return "images" if name.startswith("images_") else WORDS.get(name, name.replace("_", " "))
