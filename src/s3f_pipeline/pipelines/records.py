"""The record of a finished stage: on what it depended, and what it has written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from s3f_pipeline.files import FileContent
from s3f_pipeline.pipelines.dependencies import Dependencies
from s3f_pipeline.results.decoding import DecodingError, decode
from s3f_pipeline.results.records import CHECKSUM, checksum

ONLY_A_HASH = "fingerprint"
"""What releases before 0.2 noted in place of the dependencies."""


@dataclass(frozen=True)
class StageRecord:
    """What a stage notes when it has finished.

    Attributes:
        stage: The stage tag, such as ``training``.
        dependencies: On what the outputs depend; ``None`` where a release noted but a hash of it.
        reason: Why the stage was run, such as ``parameter training.epochs 12 → 20``.
        outputs: What each file held that the stage has written, by catalog entry.
        copies: The text of small files that only a training could write again, by catalog entry.
        finished: When, ISO 8601.
        package_version: Of this package.
        elsewhere: Whether ``python -m s3f_pipeline.train`` has run the stage, without Kedro.
    """

    stage: str
    dependencies: Dependencies | None
    reason: str
    outputs: Mapping[str, FileContent]
    copies: Mapping[str, str]
    finished: str
    package_version: str
    elsewhere: bool = False

    def changes(self, now: Dependencies) -> list[str]:
        """Say on what else the outputs would depend now.

        Another machine has other packages: those of a training that was done elsewhere stay as they were.
        """
        assert self.dependencies is not None
        packages = self.dependencies.packages if self.elsewhere else now.packages
        return self.dependencies.changes(replace(now, packages=packages))

    def content(self) -> dict[str, Any]:
        """What the file of the record holds, with a checksum of it."""
        content = asdict(self)
        return {**content, CHECKSUM: checksum(content)}

    @classmethod
    def read(cls, content: Any) -> Self | None:
        """Read a record, ``None`` if it is not as it was written."""
        if not isinstance(content, dict) or content.pop(CHECKSUM, None) != checksum(content):
            return None
        if content.pop(ONLY_A_HASH, None):
            content |= {"dependencies": None, "reason": ""}
        try:
            found: Self = decode(cls, content)
        except DecodingError:
            return None
        return found


def time_of_record() -> str:
    """The time that a record notes: now, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
