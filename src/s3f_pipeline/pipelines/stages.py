"""Stages: what belongs together, what it depends on, and whether it is finished.

A stage is all nodes of one namespace with one stage tag. It is finished when its record says that it depends
on what it depended on (parameters, input files, code, packages) and its outputs are what the record says.
A record is never taken away, only replaced: while outputs are what it says, it is true, whatever has been
tried since.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic_core import to_jsonable_python

from s3f_pipeline.catalog_types import (
    FolderDataset,
    SaltDataset,
    ScratchFolderDataset,
    UnusableFileError,
)
from s3f_pipeline.closure import Closure
from s3f_pipeline.config.names import EXPORT
from s3f_pipeline.files import atomic_path
from s3f_pipeline.pipelines.code import code_of
from s3f_pipeline.pipelines.dependencies import MISSING, Dependencies, first_of, flat
from s3f_pipeline.pipelines.packages import version, versions_of
from s3f_pipeline.pipelines.records import StageRecord, time_of_record

RESOLUTION = timedelta(seconds=1)
"""Of the time in a record."""
PREPARATION_STAGES = ("acquisition", "ingestion", "resizing", "linking", "splitting", "auditing")
EXPERIMENT_STAGES = ("training", "importing", "evaluation", "explanation", "bundling", "reporting")
COMPARISON = "comparison"
LEAKAGE_EFFECT = "leakage_effect"
LEADERBOARD = "leaderboard"
PREDICTION = "prediction"
LOOKED_AT_EACH_TIME = ("acquisition", PREDICTION, EXPORT)
"""Stages that are never skipped: they look at files of users each time, and do again what is not done."""
STAGES = (
    *PREPARATION_STAGES, *EXPERIMENT_STAGES, COMPARISON, LEAKAGE_EFFECT, LEADERBOARD, PREDICTION, EXPORT
)  # fmt: skip
NOTHING = Closure({}, frozenset())
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
UNKNOWN = "which did not note on what it depended"


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
        """Whether the stage is never skipped."""
        return self.name in LOOKED_AT_EACH_TIME

    def dependencies(self, catalog: CatalogProtocol) -> Dependencies:
        """Look up on what the stage's outputs depend now."""
        parameters: dict[str, Any] = {}
        inputs: dict[str, str] = {}
        for name in sorted(self.pipeline.inputs()):
            dataset = catalog[name]
            if name.startswith("params:"):
                parameters |= flat(to_jsonable_python(catalog.load(name)), self._key_of(name))
            elif not isinstance(dataset, FolderDataset):
                inputs[name] = dataset.fingerprint() if dataset.exists() else MISSING
        runs = NOTHING if self.is_looked_at_each_time else self.runs(parameters)
        return Dependencies(
            parameters=parameters,
            inputs=inputs,
            code=runs.code,
            packages=versions_of(runs.others),
            nodes={node.name.rpartition(".")[2]: _wiring(node) for node in self.pipeline.nodes},
        )

    def runs(self, parameters: Mapping[str, Any]) -> Closure:
        """The code that the stage runs with some parameters, by their keys."""
        functions = (f"{node.func.__module__}:{node.func.__name__}" for node in self.pipeline.nodes)
        return code_of(self.name, functions, self.cohort, parameters)

    def _key_of(self, name: str) -> str:
        """What the keys of a parameter begin with, as users write them."""
        noun = name.rpartition(".")[2]
        return {"experiment": "", "acquisition": "", "cohort": f"cohorts.{self.cohort}"}.get(
            "cohort" if noun in ("data", "image_store", "use") else noun, noun
        )

    def scratch(self, catalog: CatalogProtocol) -> list[ScratchFolderDataset]:
        """The folders in which the stage keeps what it needs to go on after an interruption."""
        datasets = (
            catalog[name] for name in sorted(self.pipeline.inputs()) if not name.startswith("params:")
        )
        return [dataset for dataset in datasets if isinstance(dataset, ScratchFolderDataset)]

    def why_unfinished(self, catalog: CatalogProtocol, now: Dependencies) -> Unfinished | None:
        """Say why the stage has to be run; ``None`` if it is finished."""
        if not catalog[self.record].exists():
            if not any(catalog[name].exists() for name in self.pipeline.all_outputs()):
                return NEVER_RUN
            return Unfinished(f"no record {catalog[self.record].filepath} says that it has finished")
        record = self._read_record(catalog)
        if record is None:
            path = catalog[self.record].filepath
            return Unfinished(f"its record {path} is damaged", damaged=True)
        if record.dependencies is None:
            return Unfinished(f"it was finished by another release ({record.package_version}), {UNKNOWN}")
        if changes := record.changes(now):
            if path := self._new_secret(catalog, datetime.fromisoformat(record.finished)):
                return Unfinished(
                    f"{path}, the secret under which patient ids are hashed, is newer than they are, as when "
                    f"it was lost and made anew: ids of before cannot be compared with those of now, unless "
                    f"it was put back from a copy",
                    warned=True,
                )
            return Unfinished(first_of(changes))
        damage = self.damage(catalog, self.pipeline.all_outputs())
        return Unfinished(damage, damaged=True) if damage else None

    def is_finished(self, catalog: CatalogProtocol, now: Dependencies) -> bool:
        """Whether the stage depends on what it depended on and every output is what the record says."""
        return self.why_unfinished(catalog, now) is None

    def was_run_elsewhere(self, catalog: CatalogProtocol) -> bool:
        """Whether its record is one of ``python -m s3f_pipeline.train``."""
        record = self._read_record(catalog) if catalog[self.record].exists() else None
        return record is not None and record.elsewhere

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
            if difference := catalog[name].difference(record.outputs[name], hashed=hashed):
                return f"{catalog[name].filepath} {difference}"
        return None

    def restore(self, catalog: CatalogProtocol) -> list[str]:
        """Put back the files that the record has a copy of; returns what was wrong with them.

        A record that lies here but is of another experiment puts back nothing, as its files lie elsewhere.
        """
        record = self._read_record(catalog)
        if record is None or not record.copies.keys() <= self.pipeline.all_outputs():
            return []
        restored = []
        for name, text in record.copies.items():
            path = catalog[name].filepath
            if difference := record.outputs[name].difference(path):
                with atomic_path(path) as temporary:
                    temporary.write_bytes(text.encode())
                restored.append(f"{path} {difference}")
        return restored

    def write_record(self, catalog: CatalogProtocol, dependencies: Dependencies, reason: str) -> None:
        """Note that the stage has finished, on what it depended when it began, and what it has written."""
        outputs = {name: catalog[name] for name in sorted(self.pipeline.all_outputs())}
        copied = COPIED.get(self.name, ())
        record = StageRecord(
            stage=self.name,
            dependencies=dependencies,
            reason=reason,
            outputs={name: dataset.content() for name, dataset in outputs.items()},
            copies={
                name: dataset.filepath.read_bytes().decode()
                for name, dataset in outputs.items()
                if name.rpartition(".")[2] in copied
            },
            finished=time_of_record(),
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
    (stage,) = node.tags & set(STAGES)
    return node.namespace or "", stage


def _wiring(node: Node) -> str:
    return f"{node.func.__name__}({', '.join(node.inputs)}) -> {', '.join(node.outputs)}"
