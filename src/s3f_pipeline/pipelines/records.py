"""The record of a finished stage: on what it depended, and what it has written."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from s3f_pipeline.files import FileContent
from s3f_pipeline.pipelines.dependencies import Dependencies
from s3f_pipeline.results.records import CHECKSUM, checksum

ONLY_A_HASH = "fingerprint"
"""What releases before 0.2 noted in place of the dependencies."""


class StageRecord(BaseModel):
    """What a stage notes when it has finished.

    Attributes:
        stage: The stage tag, such as ``training``.
        dependencies: On what the outputs depend; ``None`` where a release noted but a hash of it.
        reason: Why the stage was run, such as ``parameter training.epochs 12 → 20``.
        outputs: What each file held that the stage has written, by catalog entry.
        copies: The text of small files that only a training could write again, by catalog entry.
        finished: When, ISO 8601.
        package_version: Of this package.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    dependencies: Dependencies | None
    reason: str
    outputs: dict[str, FileContent]
    copies: dict[str, str]
    finished: str
    package_version: str

    def content(self) -> dict[str, Any]:
        """What the file of the record holds, with a checksum of it."""
        content = self.model_dump(mode="json")
        return {**content, CHECKSUM: checksum(content)}

    @classmethod
    def read(cls, content: Any) -> Self | None:
        """Read a record, ``None`` if it is not as it was written."""
        if not isinstance(content, dict) or content.pop(CHECKSUM, None) != checksum(content):
            return None
        if content.pop(ONLY_A_HASH, None):
            content |= {"dependencies": None, "reason": ""}
        try:
            return cls.model_validate(content)
        except ValidationError:
            return None
