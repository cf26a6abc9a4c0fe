"""Telling MLflow: each kind of record, and how it is delivered.

There is one way, whether a record is delivered at once or days later: from a journal, by the id of its run,
with the time at which it happened. Delivering a record again changes nothing, so a delivery that was cut off
is simply repeated.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3f_pipeline.files import sha256_of
from s3f_pipeline.tracking.answers import reason
from s3f_pipeline.tracking.experiments import PROCESS_TAG, open_experiment
from s3f_pipeline.tracking.journal import Journal, Record
from s3f_pipeline.tracking.names import safe_names
from s3f_pipeline.tracking.parent import PARENT_TAG
from s3f_pipeline.tracking.uri import check_answers

if TYPE_CHECKING:
    from mlflow import MlflowClient

ANSWER_SECONDS = 2
"""How long a store may take to say that it is there, while a network trains."""
LARGEST_PIECE = 100
"""Entities of one kind that MLflow takes at a time."""
UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
FORBIDDEN = ("PERMISSION_DENIED", "ENDPOINT_NOT_FOUND")
OPTIONAL = ("bundle", "alias")
"""Records of the registry, which a store may not have or not let everybody write."""
logger = logging.getLogger(__name__)


class Store:
    """An MLflow store or server.

    Args:
        uri: Of the store.
        folder: The data folder; paths of files are relative to it.
    """

    def __init__(self, uri: str, folder: Path) -> None:
        """Ask nothing yet."""
        self.uri = uri
        self.folder = folder
        self._refused: set[str] = set()
        self._last_steps: dict[str, int] = {}

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's client of this store."""
        from mlflow import MlflowClient

        return MlflowClient(self.uri)

    def check(self) -> None:
        """Ask whether the store answers.

        Raises:
            Exception: Why it does not.
        """
        check_answers(self.uri, ANSWER_SECONDS)

    def deliver(self, record: Record, run_id: str | None) -> str:
        """Deliver a record.

        What MLflow refuses for good, such as a metric whose name it does not allow, is left out with one
        warning per kind.

        Args:
            record: What happened; its ``kind`` is ``start`` or one of ``KINDS``.
            run_id: Of the run that it belongs to; a start finds or makes its own.

        Returns:
            The id of the run.

        Raises:
            Exception: If the store does not answer, or does not know the run.
        """
        if record["kind"] == "start":
            return _start(self, record)
        assert run_id is not None, "the first record of a run is its start"
        if record["kind"] not in KINDS:
            logger.warning("MLflow: a record of another release (%s) is left out.", record["kind"])
            return run_id
        try:
            KINDS[record["kind"]](self, run_id, record)
        except Exception as error:
            if not (_is_refusal(error) or (record["kind"] in OPTIONAL and _is_forbidden(error))):
                raise
            self.tell_refusal(record["kind"], run_id, error)
        return run_id

    def tell_refusal(self, kind: str, run_id: str, error: Exception) -> None:
        """Warn of the first of each kind that MLflow refuses."""
        if kind not in self._refused:
            self._refused.add(kind)
            logger.warning("MLflow refuses some %s of run %s: %s", kind, run_id, reason(error))

    def last_step(self, run_id: str, metric: str) -> int:
        """The highest step that a run has of a metric, 0 if it has none; the store is asked once per run."""
        if run_id not in self._last_steps:
            history = self.client.get_metric_history(run_id, metric)
            self._last_steps[run_id] = max((each.step for each in history), default=0)
        return self._last_steps[run_id]

    def note_step(self, run_id: str, step: int) -> None:
        """Remember that a run has the figures of a step."""
        self._last_steps[run_id] = step

    def file(self, record: Record) -> Path | None:
        """Return the file of a record, or ``None`` with a warning if it is not what it was."""
        path = self.folder / record["path"]
        if path.is_file() and sha256_of(path) == record["sha256"]:
            return path
        logger.warning("MLflow: %s is missing or has changed since; it is not logged.", path)
        return None


def deliver_journal(journal: Journal, store: Store) -> Iterator[tuple[Record, str]]:
    """Deliver what a journal holds and MLflow has not been told, oldest first; remove it after its run's end.

    Yields:
        Each record, once it is delivered, with the id of its run.

    Raises:
        Exception: If the store does not answer; what was delivered until then stays noted.
    """
    store.check()
    backlog = journal.read()
    run_id = backlog.run_id
    for number in range(backlog.delivered, len(backlog.records)):
        run_id = store.deliver(backlog.records[number], run_id)
        journal.mark(number + 1, run_id)
        yield backlog.records[number], run_id
    if backlog.ended:
        journal.remove()


def is_unknown(error: BaseException) -> bool:
    """Say whether a store does not know what it was asked for."""
    from mlflow.exceptions import MlflowException

    return isinstance(error, MlflowException) and error.error_code == UNKNOWN


def _is_refusal(error: Exception) -> bool:
    from mlflow.exceptions import MlflowException

    refused = isinstance(error, MlflowException) and error.error_code == "INVALID_PARAMETER_VALUE"
    return refused or isinstance(error, PermissionError)


def _is_forbidden(error: Exception) -> bool:
    return getattr(error, "error_code", None) in FORBIDDEN


def _start(store: Store, record: Record) -> str:
    """``experiment``, ``name``, ``params``, ``tags``, ``run_id`` (of a run to go on with, or ``None``)."""
    from mlflow.entities import Param, RunTag

    client = store.client
    experiment = open_experiment(client, store.uri, record["experiment"])
    run_id = _known(client, experiment, record)
    tags = safe_names(_without_unknown_parent(client, record["tags"]))
    if run_id is None:
        run_id = client.create_run(
            experiment, start_time=record["time"], tags=tags, run_name=record["name"]
        ).info.run_id
    else:
        client.update_run(run_id, status="RUNNING")
        _log(store, run_id, "tags", [RunTag(key, value) for key, value in tags.items()])
    if record["run_id"] != run_id:
        params = safe_names(record["params"]).items()
        _log(store, run_id, "params", [Param(key, value) for key, value in params])
    return run_id


def _known(client: "MlflowClient", experiment: str, record: Record) -> str | None:
    """Find the run to go on with, or the one that a delivery made before it was cut off."""
    if record["run_id"]:
        try:
            info = client.get_run(record["run_id"]).info
            if info.lifecycle_stage == "active":
                return info.run_id
        except Exception as error:
            if not is_unknown(error):
                raise
    same = (
        f"tags.{PROCESS_TAG} = '{record['tags'][PROCESS_TAG]}' and attributes.start_time = {record['time']}"
    )
    found = client.search_runs([experiment], same, max_results=1)
    return found[0].info.run_id if found else None


def _without_unknown_parent(client: "MlflowClient", tags: dict[str, str]) -> dict[str, str]:
    """Leave out the tag of a parent run that lies in another store."""
    if PARENT_TAG not in tags:
        return tags
    try:
        client.get_run(tags[PARENT_TAG])
    except Exception as error:
        if not is_unknown(error):
            raise
        return {name: value for name, value in tags.items() if name != PARENT_TAG}
    return tags


def _log(store: Store, run_id: str, kind: str, entities: list[Any]) -> None:
    """Log ``metrics``, ``params`` or ``tags``, in pieces that MLflow takes.

    A piece that it refuses is logged one by one, so that one bad entity does not cost the others.
    """
    starts = range(0, len(entities), LARGEST_PIECE)
    waiting = deque(entities[start : start + LARGEST_PIECE] for start in starts)
    while waiting:
        piece = waiting.popleft()
        try:
            store.client.log_batch(run_id, **{kind: piece})
        except Exception as error:
            if not _is_refusal(error):
                raise
            if len(piece) > 1:
                waiting.extend([entity] for entity in piece)
            else:
                store.tell_refusal(kind, run_id, error)


def _metrics(store: Store, run_id: str, record: Record) -> None:
    """``values`` {name: figure} at ``step``, an epoch, or 0; an epoch that was trained again is left out."""
    from mlflow.entities import Metric

    values, step = safe_names(record["values"]), record["step"]
    if step and step <= store.last_step(run_id, next(iter(values))):
        return
    metrics = [Metric(name, value, record["time"], step) for name, value in values.items()]
    _log(store, run_id, "metrics", metrics)
    if step:
        store.note_step(run_id, step)


def _tags(store: Store, run_id: str, record: Record) -> None:
    """``values`` {name: text}."""
    from mlflow.entities import RunTag

    tags = safe_names(record["values"]).items()
    _log(store, run_id, "tags", [RunTag(name, value) for name, value in tags])


def _file(store: Store, run_id: str, record: Record) -> None:
    """``path`` below the data folder, its ``sha256``, and the artifact ``folder`` that it goes to."""
    if path := store.file(record):
        store.client.log_artifact(run_id, str(path), record["folder"])


def _bundle(store: Store, run_id: str, record: Record) -> None:
    """``path`` and ``sha256`` of the checksums of a bundle, ``model``, ``tags`` and ``description``.

    These are of the version that it becomes of the registered ``model``, unless that is ``None``.
    """
    from s3f_pipeline.bundle.opening import open_bundle
    from s3f_pipeline.errors import BundleError
    from s3f_pipeline.tracking.model import log_model
    from s3f_pipeline.tracking.registry import register

    path = store.file(record)
    if path is None:
        return
    try:
        bundle = open_bundle(path.parent)
    except BundleError as error:
        logger.warning("MLflow: a bundle is not logged. %s", error.message)
        return
    logged = log_model(store.client, run_id, bundle)
    if record["model"]:
        tags, description = record["tags"], record["description"]
        register(store.client, record["model"], logged, tags=tags, description=description)


def _alias(store: Store, run_id: str, record: Record) -> None:
    """``model``, the registered one; ``bundle``, the checksum of its version; ``alias`` and ``reason``."""
    from s3f_pipeline.tracking.registry import place

    place(store.client, *(record[name] for name in ("model", "bundle", "alias", "reason")))


def _datasets(store: Store, run_id: str, record: Record) -> None:
    """``datasets``, as ``datasets.dataset_facts`` returns them."""
    from s3f_pipeline.tracking.datasets import dataset_input

    store.client.log_inputs(run_id, [dataset_input(facts) for facts in record["datasets"]])


def _end(store: Store, run_id: str, record: Record) -> None:
    """``status``: ``FINISHED``, ``FAILED`` or ``KILLED``."""
    store.client.set_terminated(run_id, record["status"], record["time"])


KINDS: dict[str, Callable[[Store, str, Record], Any]] = {
    "metrics": _metrics,
    "tags": _tags,
    "file": _file,
    "bundle": _bundle,
    "alias": _alias,
    "datasets": _datasets,
    "end": _end,
}
"""How each kind of record is delivered, apart from the ``start``, which makes the run."""
