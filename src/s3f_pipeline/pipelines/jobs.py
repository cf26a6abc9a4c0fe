"""A job: one training, prepared here, that another machine does without Kedro."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.files import atomic_path, sha256_of
from s3f_pipeline.pipelines.code import code_of
from s3f_pipeline.pipelines.dependencies import Dependencies
from s3f_pipeline.pipelines.packages import versions_of
from s3f_pipeline.recipe import ExperimentConfig
from s3f_pipeline.results.decoding import DecodingError, decode
from s3f_pipeline.results.records import CHECKSUM, checksum

JOB = "job.json"
NODES = ("s3f_pipeline.pipelines.training.nodes:train_network",)
"""Of the stage that a job stands in for."""
PACK = "kedro pack --pipeline=<cohort>_<network>"
FOLDER = "06_models/<cohort>/<protocol>/<network>/seed-<n>"


@dataclass(frozen=True)
class Job:
    """What ``job.json`` says, in the folder that the trained network goes to.

    Attributes:
        pipeline: Of the experiment, such as ``brisc_bilinear``.
        namespace: ``<cohort>.<protocol>.<variant>``.
        folder: Of the job, below the data folder.
        files: What is read, below the data folder, by noun: ``index``, ``images``, ``splits``.
        entries: Their catalog entries, by noun.
        experiment: What is trained.
        dependencies: Of the stage ``training`` on the machine that prepared it.
        git_commit: Of the code there.
        git_dirty: Whether tracked files differed from it.
        package_version: Of this package there.
    """

    pipeline: str
    namespace: str
    folder: str
    files: Mapping[str, str]
    entries: Mapping[str, str]
    experiment: ExperimentConfig
    dependencies: Dependencies
    git_commit: str
    git_dirty: bool
    package_version: str

    def write(self, data_root: Path) -> Path:
        """Write the job into its folder, and return the path of its file."""
        path = data_root / self.folder / JOB
        content = json.loads(json.dumps(asdict(self)))
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps({**content, CHECKSUM: checksum(content)}, indent=1) + "\n")
        return path

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the job of a folder.

        Raises:
            TrainingError: If there is none, it cannot be read, or it belongs into another folder.
        """
        path = folder / JOB
        if not path.is_file():
            raise TrainingError(
                f"There is no {path}. Name the folder of a job, <data>/{FOLDER}; on the machine with Kedro, "
                f"{PACK} makes one and tells what to carry."
            )
        try:
            content = json.loads(path.read_bytes())
            whole = content.pop(CHECKSUM, None) == checksum(content)
            job: Self = decode(cls, content)
        except (ValueError, AttributeError, DecodingError) as error:
            raise TrainingError(f"{path} is damaged, or of another release. Carry it again.") from error
        if not whole:
            raise TrainingError(f"{path} was edited or is damaged. Carry it again, or pack it anew.")
        if not path.resolve().parent.as_posix().endswith(f"/{job.folder}"):
            raise TrainingError(
                f"{path} is the job of {job.pipeline} and belongs into <data>/{job.folder}. Put it back "
                f"there: its results would be taken for those of another experiment."
            )
        return job

    def data_root(self, folder: Path) -> Path:
        """The data folder, of which ``folder`` is the job's part."""
        return folder.resolve().parents[self.folder.count("/")]

    def dependencies_here(self, data_root: Path) -> Dependencies:
        """On what the training depends on this machine.

        Raises:
            TrainingError: If a file is missing or not the one that was packed, or the code is another.
            ConfigError: If the backend is not installed.
        """
        for noun, name in self.files.items():
            path = data_root / name
            if not path.is_file():
                raise TrainingError(f"{path} is not there. Carry it with its folders, as kedro pack told.")
            packed = self.dependencies.inputs.get(self.entries[noun])
            if packed and sha256_of(path) != packed:
                raise TrainingError(
                    f"{path} is not the file that {self.pipeline} was packed with. Carry it again, "
                    f"or pack anew."
                )
        runs = code_of("training", NODES, self.experiment.cohort, self.dependencies.parameters)
        if different := sorted(
            path
            for path in {*runs.code, *self.dependencies.code}
            if runs.code.get(path) != self.dependencies.code.get(path)
        ):
            raise TrainingError(
                f"The code here is not that with which {self.pipeline} was packed: {different[0]}"
                f"{f' and {len(different) - 1} more' if different[1:] else ''} of src/s3f_pipeline. Carry "
                f"the same src, or pack anew."
            )
        return Dependencies(
            parameters=self.dependencies.parameters,
            inputs=self.dependencies.inputs,
            code=runs.code,
            packages=versions_of(runs.others),
            nodes=self.dependencies.nodes,
        )
