"""What a run tells MLflow: a file next to the model, kept until MLflow has taken all of it.

One JSON object per line, in the order in which things happened; ``delivery`` says what a record means.
Lines are only ever added, each flushed to the disk before it is delivered, so that a crash costs at most the
line that was being written: one without its end is ignored, and cut before the next is written. How far
delivery has gone is a line too.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3f_pipeline.errors import TrackingError
from s3f_pipeline.process_identity import is_dead
from s3f_pipeline.tracking.experiments import PROCESS_TAG

Record = dict[str, Any]
NAME = "unlogged.jsonl"
MARK = "delivered"
"""Kind of the lines that say how many records, from the first, have been delivered."""


@dataclass(frozen=True)
class Backlog:
    """What a journal holds.

    Attributes:
        records: All records, oldest first. Those of one run begin with its ``start``.
        delivered: How many of them have been delivered.
        run_id: MLflow run of the last delivered one, ``None`` before the first.
    """

    records: list[Record]
    delivered: int = 0
    run_id: str | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether MLflow has been told everything."""
        return self.delivered == len(self.records)

    @property
    def ended(self) -> bool:
        """Whether the last run has reached its end."""
        return bool(self.records) and self.records[-1]["kind"] == "end"

    @property
    def may_live(self) -> bool:
        """Whether the process of the last run may still add records."""
        starts = [record for record in self.records if record["kind"] == "start"]
        return bool(starts) and not self.ended and not is_dead(starts[-1]["tags"][PROCESS_TAG])


class Journal:
    """The file of one run folder.

    Args:
        path: Where it lies while a run is open, or MLflow has not been told all.

    Example:
        >>> journal = Journal(Path("06_models/brisc/patient_safe/spatial/seed-0") / NAME)
        >>> journal.append({"kind": "metrics", "time": 1700000000000, "step": 1, "values": {"loss": 0.5}})
    """

    def __init__(self, path: Path) -> None:
        """Touch nothing yet."""
        self.path = path

    def exists(self) -> bool:
        """Say whether there is something that MLflow may not have been told."""
        return self.path.exists()

    def append(self, record: Record) -> None:
        """Add a record; it is on the disk when this returns.

        Raises:
            OSError: If the disk is full or cannot be written.
        """
        self._append(record)
        with self.path.open("rb") as file:
            os.fsync(file.fileno())

    def mark(self, delivered: int, run_id: str) -> None:
        """Note that the first ``delivered`` records have been delivered, the last of them to ``run_id``.

        A mark that a power cut takes is no loss: delivering again changes nothing.
        """
        self._append({"kind": MARK, "count": delivered, "run_id": run_id})

    def close(self) -> None:
        """End a run that its process could not end, at the time of its last record."""
        backlog = self.read()
        if backlog.records and not backlog.ended:
            self.append({"kind": "end", "time": backlog.records[-1]["time"], "status": "KILLED"})

    def read(self) -> Backlog:
        """Read everything.

        Raises:
            TrackingError: If a line, other than one without its end, is not what this class writes.
        """
        records: list[Record] = []
        delivered, run_id = 0, None
        for number, line in enumerate(_whole_lines(self.path.read_bytes()).splitlines(), 1):
            try:
                record = json.loads(line)
                if record["kind"] == MARK:
                    delivered, run_id = int(record["count"]), record["run_id"]
                    continue
                int(record["time"])
                if record["kind"] == "start":
                    record["tags"][PROCESS_TAG].split()
                records.append(record)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise TrackingError(
                    f"{self.path}, line {number}, cannot be read. Take the line out, or the file away."
                ) from error
        return Backlog(records, delivered, run_id)

    def _append(self, line: Record) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            file.seek(0)
            file.truncate(len(_whole_lines(file.read())))
            file.write(json.dumps(line).encode() + b"\n")

    def put_aside(self) -> Path:
        """Rename a file that cannot be read, so that it is in nobody's way, and return its new path."""
        return self.path.replace(self.path.with_suffix(".unreadable"))

    def remove(self) -> None:
        """Forget everything."""
        self.path.unlink(missing_ok=True)


def find_journals(folder: Path) -> Iterator[Journal]:
    """Find the journals of all experiments, comparisons and leakage effects below a data folder."""
    for folders in ("06_models/*/*/*/*", "08_reporting/*/*", "08_reporting/*"):
        for path in sorted(folder.glob(f"{folders}/{NAME}")):
            yield Journal(path)


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
