"""Stages: what belongs together, what it depends on, and whether it is finished.

A stage is all nodes of one namespace with one stage tag. It is finished when its record carries the hash
of everything that it depends on (parameters, input files, our code) and its outputs are there.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from s3f_pipeline.catalog_types import FolderDataset, ScratchFolderDataset
from s3f_pipeline.errors import ConfigError

PACKAGE = Path(__file__).resolve().parents[1]
ROOMS = {
    "acquisition": ("acquisition",),
    "ingestion": ("cohorts", "images"),
    "linking": ("images", "linking", "splits"),
    "splitting": ("images", "splits"),
    "auditing": ("images", "reporting", "splits"),
    "training": ("backend", "evaluation", "models", "splits", "training"),
    "evaluation": ("backend", "evaluation", "models", "reporting", "splits", "training"),
    "reporting": ("evaluation", "reporting", "splits"),
}
"""The rooms whose code a stage runs; a change there makes the stage run again."""
PACKAGES = {
    "ingestion": ("h5py", "opencv-python-headless", "pillow", "pydicom"),
    "linking": ("opencv-python-headless", "numpy"),
    "splitting": ("faiss-cpu", "opencv-python-headless", "numpy", "scikit-learn", "scipy"),
    "auditing": ("numpy", "opencv-python-headless", "scipy"),
    "training": ("keras", "numpy", "opencv-python-headless"),
    "evaluation": ("keras", "scikit-learn"),
}
"""The packages whose version decides what a stage writes."""
EXPERIMENT_STAGES = ("training", "evaluation", "reporting")


@dataclass(frozen=True)
class Stage:
    """All nodes of one namespace with one stage tag.

    Attributes:
        namespace: ``<cohort>``, ``<cohort>.<protocol>`` or ``<cohort>.<protocol>.<variant>``.
        name: The stage tag, such as ``training``.
        pipeline: The nodes.
    """

    namespace: str
    name: str
    pipeline: Pipeline

    @property
    def title(self) -> str:
        """What a log line calls the stage."""
        return f"{self.name} of {self.namespace}"

    @property
    def is_experiment(self) -> bool:
        """Whether the stage belongs to one experiment, not to the preparation that all share."""
        return self.name in EXPERIMENT_STAGES

    @property
    def record(self) -> str:
        """Catalog entry of the record."""
        return f"{self.namespace}.{self.name}_record"

    @property
    def keeps_record(self) -> bool:
        """Whether the stage is skipped when finished; acquisition looks at the raw folder each time."""
        return self.name != "acquisition"

    def fingerprint(self, catalog: CatalogProtocol) -> str:
        """Hash of everything that the stage's outputs depend on."""
        parts: dict[str, Any] = {
            "nodes": sorted(node.name for node in self.pipeline.nodes),
            "code": _code_hash(self.name),
            "packages": {name: version(name) for name in PACKAGES.get(self.name, ())},
        }
        if self.is_experiment:
            parts["backend"] = _backend()
        for name in sorted(self.pipeline.inputs()):
            dataset = catalog[name]
            if name.startswith("params:"):
                parts[name] = catalog.load(name)
            elif not isinstance(dataset, FolderDataset):
                parts[name] = dataset.fingerprint() if dataset.exists() else "missing"
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def scratch(self, catalog: CatalogProtocol) -> list[ScratchFolderDataset]:
        """The folders in which the stage keeps what it needs to go on after an interruption."""
        datasets = (
            catalog[name] for name in sorted(self.pipeline.inputs()) if not name.startswith("params:")
        )
        return [dataset for dataset in datasets if isinstance(dataset, ScratchFolderDataset)]

    def is_finished(self, catalog: CatalogProtocol, fingerprint: str) -> bool:
        """Whether the record carries this fingerprint and every output is there."""
        record = catalog[self.record]
        outputs = (catalog[name] for name in self.pipeline.all_outputs())
        return (
            record.exists()
            and all(output.exists() for output in outputs)
            and catalog.load(self.record)["fingerprint"] == fingerprint
        )

    def write_record(self, catalog: CatalogProtocol, fingerprint: str) -> None:
        """Note that the stage has finished, and on what it depended when it began."""
        record = {
            "stage": self.name,
            "fingerprint": fingerprint,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "package_version": version("s3f-pipeline"),
        }
        catalog.save(self.record, record)


def stages_of(pipeline: Pipeline) -> list[Stage]:
    """Take a pipeline apart into stages, in an order in which they can run."""
    members: dict[tuple[str, str], list[Node]] = {}
    for node in pipeline.nodes:
        members.setdefault(_key(node), []).append(node)
    order = TopologicalSorter(
        {
            key: {_key(parent) for node in nodes for parent in pipeline.node_dependencies[node]} - {key}
            for key, nodes in members.items()
        }
    )
    return [Stage(*key, Pipeline(members[key])) for key in order.static_order()]


def _key(node: Node) -> tuple[str, str]:
    (stage,) = node.tags & ROOMS.keys()
    return node.namespace or "", stage


def _backend() -> str:
    """The Keras backend with its version.

    Raises:
        ConfigError: If it is not installed.
    """
    name = os.environ["KERAS_BACKEND"]
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError as error:
        raise ConfigError(
            f"KERAS_BACKEND is '{name}', which is not installed. Take tensorflow or jax."
        ) from error


@cache
def _code_hash(stage: str) -> str:
    digest = hashlib.sha256()
    folders = [PACKAGE / room for room in ROOMS[stage]] + [PACKAGE / "pipelines" / stage]
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if path.suffix != ".pyc":
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
