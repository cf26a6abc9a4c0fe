"""What finished runs have left of their explanations."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s3f_pipeline.results.explanation import Explanation
from s3f_pipeline.results.reading import REPORTS, folder_of, require_whole
from s3f_pipeline.results.records import FinishedStage, read_record
from s3f_pipeline.results.runs import FinishedRun

FILES = {"explanation": "explanation.json", "explanation_arrays": "arrays.npz"}
"""Names of the files, by noun."""


@dataclass(frozen=True)
class FinishedExplanation:
    """The explanation of a finished run.

    Attributes:
        content: Of ``explanation.json``.
        folder: Where it lies.
        record: Of the stage that wrote it.
    """

    content: Explanation
    folder: Path
    record: FinishedStage

    def arrays(self, names: Collection[str]) -> dict[str, np.ndarray]:
        """Read some of the arrays beside it, without those that this network does not have.

        Raises:
            ResultsError: If the file is not what the stage has written.
        """
        noun = "explanation_arrays"
        path = self.folder / FILES[noun]
        require_whole(path, self.record, noun=noun, hashed=True)
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in names if name in held.files}


def find_explanation(run: FinishedRun) -> FinishedExplanation | None:
    """Read the explanation of a finished run, ``None`` if it has none, or one of an earlier network alone.

    Raises:
        ResultsError: If the file is not what the stage has written, or of another release.
    """
    record = _record(run)
    if record is None:
        return None
    folder = _folder(run)
    path = folder / FILES["explanation"]
    require_whole(path, record, hashed=True)
    return FinishedExplanation(Explanation.read(path), folder, record)


def explanations_hash(runs: Sequence[FinishedRun]) -> str:
    """Hash of what the explanations of finished runs hold, as their records say."""
    content = [[*map(str, run.id), *_hashes(run)] for run in runs]
    return hashlib.sha256(json.dumps(sorted(content)).encode()).hexdigest()


def _hashes(run: FinishedRun) -> list[str]:
    record = _record(run)
    held = (record.content(noun) for noun in FILES) if record else ()
    return [content.sha256 for content in held if content]


def _record(run: FinishedRun) -> FinishedStage | None:
    """The record, if the stage has read the network and the predictions that are there now."""
    record = read_record(_folder(run) / "explanation.record.json", "explanation")
    if record is None or not (record.has_read(run.trained) and record.has_read(run.evaluation)):
        return None
    return record


def _folder(run: FinishedRun) -> Path:
    return folder_of(run.root, REPORTS, run.id) / "explanation"
