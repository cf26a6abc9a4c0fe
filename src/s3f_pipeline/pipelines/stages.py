"""Stages: what belongs together, what it depends on, and whether it is finished.

A stage is all nodes of one namespace with one stage tag. It is finished when its record carries the hash
of everything that it depends on (parameters, input files, our code) and its outputs are what the record says.
A record is never taken away, only replaced: while outputs are what it says, it is true, whatever has been
tried since.
"""

import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from graphlib import TopologicalSorter
from importlib import metadata
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic_core import to_jsonable_python

from s3f_pipeline.catalog_types import FolderDataset, SaltDataset, ScratchFolderDataset, UnusableFileError
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.files import atomic_path
from s3f_pipeline.pipelines.records import StageRecord

version = cache(metadata.version)
RESOLUTION = timedelta(seconds=1)
"""Of the time in a record."""
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
COPIED = {"training": ("history", "training")}
"""Small outputs that the record of a stage has a copy of, because making them again takes too long."""


@dataclass(frozen=True)
class Unfinished:
    """Why a stage has to be run.

    Attributes:
        reason: The end of a sentence.
        damaged: Whether a file is not what it was when the stage had finished.
        warned: Whether something is lost that cannot be made again.
    """

    reason: str
    damaged: bool = False
    warned: bool = False


NEVER_RUN = Unfinished("it has not been finished yet")


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
    def cohort(self) -> str:
        """The cohort whose files the stage writes."""
        return self.namespace.partition(".")[0]

    @property
    def is_experiment(self) -> bool:
        """Whether the stage belongs to one experiment, not to the preparation that all share."""
        return self.name in EXPERIMENT_STAGES

    @property
    def record(self) -> str:
        """Catalog entry of the record."""
        return f"{self.namespace}.{self.name}_record"

    @property
    def is_looked_at_each_time(self) -> bool:
        """Whether the stage is never skipped: acquisition looks at the raw folder each time."""
        return self.name == "acquisition"

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
        return hashlib.sha256(
            json.dumps(parts, sort_keys=True, default=to_jsonable_python).encode()
        ).hexdigest()

    def scratch(self, catalog: CatalogProtocol) -> list[ScratchFolderDataset]:
        """The folders in which the stage keeps what it needs to go on after an interruption."""
        datasets = (
            catalog[name] for name in sorted(self.pipeline.inputs()) if not name.startswith("params:")
        )
        return [dataset for dataset in datasets if isinstance(dataset, ScratchFolderDataset)]

    def why_unfinished(self, catalog: CatalogProtocol, fingerprint: str) -> Unfinished | None:
        """Say why the stage has to be run; ``None`` if it is finished."""
        if not catalog[self.record].exists():
            if not any(catalog[name].exists() for name in self.pipeline.all_outputs()):
                return NEVER_RUN
            return Unfinished(f"no record {catalog[self.record].filepath} says that it has finished")
        record = self._read_record(catalog)
        if record is None:
            path = catalog[self.record].filepath
            return Unfinished(f"its record {path} is damaged, or that of another release", damaged=True)
        if record.fingerprint != fingerprint:
            if path := self._new_secret(catalog, datetime.fromisoformat(record.finished)):
                return Unfinished(
                    f"{path}, the secret under which patient ids are hashed, is newer than they are, as when "
                    f"it was lost and made anew: ids of before cannot be compared with those of now, unless "
                    f"it was put back from a copy",
                    warned=True,
                )
            return Unfinished("not the same parameters, data or code as before")
        damage = self.damage(catalog, self.pipeline.all_outputs())
        return Unfinished(damage, damaged=True) if damage else None

    def is_finished(self, catalog: CatalogProtocol, fingerprint: str) -> bool:
        """Whether the record carries this fingerprint and every output is what the record says."""
        return self.why_unfinished(catalog, fingerprint) is None

    def damage(self, catalog: CatalogProtocol, names: Collection[str], *, hashed: bool = False) -> str | None:
        """Say what is wrong with outputs of the stage, whatever it would write today; ``None`` if nothing is.

        Args:
            catalog: Of the run.
            names: Catalog entries of outputs.
            hashed: The bytes decide, even where size and times are those of the record.
        """
        for name in sorted(names):
            if not catalog[name].exists():
                return f"{catalog[name].filepath} is missing"
        record = self._read_record(catalog)
        if record is None or not record.outputs.keys() >= set(names):
            return f"no record says that {catalog[min(names)].filepath} is whole"
        for name in sorted(names):
            path = catalog[name].filepath
            if difference := record.outputs[name].difference(path, hashed=hashed):
                return f"{path} {difference}"
        return None

    def restore(self, catalog: CatalogProtocol) -> list[str]:
        """Put back the files that the record has a copy of; returns what was wrong with them."""
        record = self._read_record(catalog)
        if record is None:
            return []
        restored = []
        for name, text in record.copies.items():
            path = catalog[name].filepath
            if difference := record.outputs[name].difference(path):
                with atomic_path(path) as temporary:
                    temporary.write_bytes(text.encode())
                restored.append(f"{path} {difference}")
        return restored

    def write_record(self, catalog: CatalogProtocol, fingerprint: str) -> None:
        """Note that the stage has finished, on what it depended when it began, and what it has written."""
        outputs = {name: catalog[name] for name in sorted(self.pipeline.all_outputs())}
        copied = COPIED.get(self.name, ())
        record = StageRecord(
            stage=self.name,
            fingerprint=fingerprint,
            outputs={name: dataset.content() for name, dataset in outputs.items()},
            copies={
                name: dataset.filepath.read_bytes().decode()
                for name, dataset in outputs.items()
                if name.rpartition(".")[2] in copied
            },
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            package_version=version("s3f-pipeline"),
        )
        catalog.save(self.record, record.content())

    def _new_secret(self, catalog: CatalogProtocol, since: datetime) -> Path | None:
        """The salt that the stage reads, if it was made after a time."""
        datasets = (catalog[name] for name in self.pipeline.inputs() if not name.startswith("params:"))
        salts = (dataset for dataset in datasets if isinstance(dataset, SaltDataset))
        return next((salt.filepath for salt in salts if salt.made() > since + RESOLUTION), None)

    def _read_record(self, catalog: CatalogProtocol) -> StageRecord | None:
        """Read the record, ``None`` if there is none that can be read."""
        try:
            return StageRecord.read(catalog[self.record].load())
        except UnusableFileError:
            return None


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
