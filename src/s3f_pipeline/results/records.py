"""The records that say which stages have finished, as far as readers of results need them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.files import FileContent
from s3f_pipeline.results.artefacts import read_json
from s3f_pipeline.results.decoding import DecodingError, decode

CHECKSUM = "checksum"


def checksum(content: Mapping[str, Any]) -> str:
    """Hash of a record without its checksum."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Dependencies:
    """On what a stage depended: SHA-256 of each file that it has read, by catalog entry."""

    inputs: Mapping[str, str]


@dataclass(frozen=True)
class FinishedStage:
    """What the record of a finished stage says.

    Attributes:
        stage: Such as ``training``.
        outputs: What each file held that the stage has written, by catalog entry.
        finished: When, ISO 8601 with the time zone.
        dependencies: ``None`` where a release noted but a hash of them.
    """

    stage: str
    outputs: Mapping[str, FileContent]
    finished: str
    dependencies: Dependencies | None = None

    @property
    def time(self) -> datetime:
        """When the stage has finished."""
        return datetime.fromisoformat(self.finished)

    def content(self, noun: str) -> FileContent | None:
        """What a file held, by the last part of its catalog entry; ``None`` if the stage wrote none."""
        return next((held for entry, held in self.outputs.items() if entry.rpartition(".")[2] == noun), None)

    def has_read_file(self, entry: str, sha256: str) -> bool:
        """Whether a file, by its catalog entry, held this when the stage read it; also if it read none."""
        return self.dependencies is None or self.dependencies.inputs.get(entry, sha256) == sha256

    def has_read(self, other: "FinishedStage") -> bool:
        """Whether what this stage has read of another one is what that has written last."""
        return all(self.has_read_file(entry, held.sha256) for entry, held in other.outputs.items())


def read_record(path: Path, stage: str) -> FinishedStage | None:
    """Read the record of a stage; ``None`` where none says that it has finished, or none as it was written.

    Args:
        path: Of the record.
        stage: That it must be of.
    """
    try:
        content = read_json(path)
        written = {key: value for key, value in content.items() if key != CHECKSUM}
        if content.get(CHECKSUM) != checksum(written):
            return None
        record: FinishedStage = decode(FinishedStage, written)
        return record if record.stage == stage and record.time.tzinfo else None
    except (ResultsError, DecodingError, AttributeError, ValueError):
        return None
