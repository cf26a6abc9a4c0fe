"""What is noted of a run while it waits, runs and ends, so that another process can tell its state.

Two small files per run: the sweep writes the submission, the worker writes the attempt. Each file has
one writer, and the sweep removes an old attempt before it submits the run again.
"""

import json
import logging
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from s3f_pipeline.files import atomic_path
from s3f_pipeline.sweep.plan import Run

PROCESS = re.compile(r"\S+ \d+ \d+")
"""What ``s3f_pipeline.process_identity`` calls a process."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Record:
    """A submission, or an attempt.

    Attributes:
        command: What is run.
        process: The sweep that has submitted the run, or the process that trains; see
            ``s3f_pipeline.process_identity``.
        job: Slurm's id of the job, ``None`` on this machine and before it is known.
        exit_code: Of an attempt that has ended, as shells count: 128 + the signal's number.
    """

    command: list[str]
    process: str
    job: str | None = None
    exit_code: int | None = None

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Record | None":
        """Read a record, ``None`` where there is none that can be read: then nothing is known of the run."""
        try:
            record = cls(**json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            record = None
        if record is None or not record._is_sound():
            logger.warning("%s is damaged: what it noted of its run is not known.", path)
            return None
        return record

    def _is_sound(self) -> bool:
        """Whether the values are of the kinds that this class writes."""
        return (
            isinstance(self.command, list)
            and isinstance(self.process, str)
            and PROCESS.fullmatch(self.process) is not None
            and isinstance(self.job, str | None)
            and isinstance(self.exit_code, int | None)
        )


@dataclass(frozen=True)
class RunFiles:
    """Where the records and the log of a run lie.

    Attributes:
        submission: Written by the sweep.
        attempt: Written by the worker.
        log: What the run has printed, attempt after attempt.
    """

    submission: Path
    attempt: Path
    log: Path

    @classmethod
    def of(cls, run: Run, folder: Path) -> "RunFiles":
        """Name the files of a run below the folder of all sweeps."""
        stem = folder / run.experiment.pipeline / run.folder
        return cls(
            *(stem.with_name(stem.name + end) for end in (".submission.json", ".attempt.json", ".log"))
        )
