"""One MLflow run per experiment, whatever becomes of MLflow."""

import functools
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec

from s3f_pipeline.credentials import hide_secrets, shown_uri
from s3f_pipeline.errors import TrackingError
from s3f_pipeline.files import sha256_of
from s3f_pipeline.process_identity import this_process
from s3f_pipeline.signals import signals_wait
from s3f_pipeline.tracking.answers import reason, why_not
from s3f_pipeline.tracking.delivery import Store, deliver_journal
from s3f_pipeline.tracking.experiments import PROCESS_TAG
from s3f_pipeline.tracking.journal import NAME, Journal, Record
from s3f_pipeline.tracking.names import LONGEST_PARAM, LONGEST_TAG, safe_text
from s3f_pipeline.tracking.parent import PARENT_TAG, PARENT_VARIABLE
from s3f_pipeline.tracking.uri import reachable_or_local

logger = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")
FIRST_PAUSE = 30.0
"""Seconds for which a store that did not answer is left alone; they double each time."""
PAUSE_PER_SECOND = 50
"""A pause is also this many times what asking has cost, so that it costs a training at most 2 %."""


def never_fatal(method: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn any failure of tracking into a warning, and let signals wait until it is done."""

    @functools.wraps(method)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        with signals_wait():
            try:
                method(*args, **kwargs)
            except Exception as error:
                logger.warning("Tracking failed (%s). The run goes on.", reason(error))
                _keep_trace(error)

    return guarded


class TrackedRun:
    """The MLflow run of an experiment; every call is harmless while no run is open.

    What happens is written to a journal in the run's folder, and from there delivered in its order. What
    MLflow does not take stays there; it is tried again after a pause, and at the end of the run.

    Attributes:
        run_id: Of the open run, ``None`` while there is none or MLflow has not made it yet.
    """

    def __init__(self) -> None:
        """Start without a run."""
        self.run_id: str | None = None
        self._store: Store | None = None
        self._left_out = False
        self._pause, self._next = 0.0, 0.0

    @never_fatal
    def start(
        self,
        uri: str,
        folder: Path,
        experiment: str,
        name: str,
        *,
        params: Mapping[str, Any],
        tags: Mapping[str, Any],
        run_folder: Path,
        run_id: str | None = None,
        send_command: str = "kedro send-runs",
    ) -> None:
        """Open a run.

        Args:
            uri: Of the tracking store or server.
            folder: The data folder, with the local store that is used if a server does not answer.
            experiment: Name of the MLflow experiment.
            name: Name of the run.
            params: Flat parameters.
            tags: Tags; the one of the parent run is added where ``S3F_PARENT_RUN`` names it.
            run_folder: Where the model lies, and the journal.
            run_id: A run to go on with, where one stage of an experiment is made again.
            send_command: What a user types to send what could not be logged.
        """
        from mlflow.tracking.context.registry import resolve_tags

        uri = reachable_or_local(uri, folder)
        parent = os.environ.get(PARENT_VARIABLE)
        texts = {**tags, PROCESS_TAG: this_process(), **({PARENT_TAG: parent} if parent else {})}
        start = {
            "kind": "start",
            "time": _now(),
            "experiment": experiment,
            "name": name,
            "params": {key: safe_text(str(value), LONGEST_PARAM) for key, value in params.items()},
            "tags": _tag_texts(resolve_tags({key: str(value) for key, value in texts.items()})),
            "run_id": run_id,
            "store": shown_uri(uri),
        }
        self.run_id = None
        self._send_command = send_command
        self._left_out = False
        self._pause, self._next = 0.0, 0.0
        self._journal = Journal(run_folder / NAME)
        self._store = Store(uri, folder)
        self._end_earlier_run()
        self._log(start)

    def log_epoch(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Log the figures of one epoch, counted from 1; the loss is ``epochs/loss``."""
        self._log_figures(epoch, {f"epochs/{name}": figure for name, figure in figures.items()})

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log final figures."""
        self._log_figures(0, metrics)

    def log_datasets(self, datasets: Sequence[Mapping[str, str]]) -> None:
        """Log what the run has read, as ``tracking.datasets.dataset_facts`` says it."""
        self._log({"kind": "datasets", "time": _now(), "datasets": [dict(facts) for facts in datasets]})

    def _log_figures(self, step: int, figures: Mapping[str, float]) -> None:
        values = {name: float(figure) for name, figure in figures.items()}
        self._log({"kind": "metrics", "time": _now(), "step": step, "values": values})

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Add tags."""
        self._log({"kind": "tags", "time": _now(), "values": _tag_texts(tags)})

    def log_file(self, path: Path, folder: str | None = None) -> None:
        """Log a file as an artifact."""
        self._log({"kind": "file", "time": _now(), "folder": folder}, path)

    def log_bundle(self, path: Path, *, model: str | None, tags: Mapping[str, Any], description: str) -> None:
        """Log a bundle as a model, and register it.

        Args:
            path: Of its checksums.
            model: The registered model that it becomes a version of, ``None`` to register nothing.
            tags: Of the version.
            description: Of the version, in Markdown.
        """
        told = {"model": model, "tags": _tag_texts(tags), "description": hide_secrets(description)}
        self._log({"kind": "bundle", "time": _now(), **told}, path)

    def place(self, model: str, bundle: str, alias: str, reason: str) -> None:
        """Give the version of a bundle, known by its checksum, an alias; see ``tracking.registry``."""
        placed = {"model": model, "bundle": bundle, "alias": alias, "reason": safe_text(reason, LONGEST_TAG)}
        self._log({"kind": "alias", "time": _now(), **placed})

    def end(self, status: str) -> None:
        """Close the run as ``FINISHED``, ``FAILED`` or ``KILLED``."""
        self._log({"kind": "end", "time": _now(), "status": status})
        if self._store is not None and self._journal.exists():
            logger.warning(
                "MLflow: what could not be logged lies in %s. Send it with: %s",
                self._journal.path, self._send_command,
            )  # fmt: skip
        self.run_id = self._store = None

    def _end_earlier_run(self) -> None:
        """Close the journal of a process that died, if there is something in it that MLflow was not told."""
        if not self._journal.exists():
            return
        try:
            if self._journal.read().is_delivered:
                self._journal.remove()
            else:
                self._journal.close()
        except TrackingError as error:
            logger.warning("%s It is put aside as %s.", error.message, self._journal.put_aside())

    @never_fatal
    def _log(self, record: Record, path: Path | None = None) -> None:
        """Write a record, and deliver it after all before it."""
        if self._store is None:
            return
        if path is not None:
            record |= {"path": os.path.relpath(path, self._store.folder), "sha256": sha256_of(path)}
        try:
            self._journal.append(record)
        except OSError as error:
            self._leave_out(record, error)
            return
        if time.monotonic() >= self._next or record["kind"] == "end":
            self._deliver(self._store)

    def _leave_out(self, record: Record, error: OSError) -> None:
        """Go on without a record, and without tracking if it is the first one; warn the first time."""
        if not self._left_out:
            logger.warning(
                "MLflow: the journal of this run cannot be written (%s). It will not be whole in MLflow.",
                reason(error),
            )
        _keep_trace(error)
        self._left_out = True
        if record["kind"] == "start":
            self._store = None

    def _deliver(self, store: Store) -> None:
        began = time.monotonic()
        try:
            for _, run_id in deliver_journal(self._journal, store):
                self.run_id = run_id
        except Exception as error:
            self._wait_after(error, store, time.monotonic() - began)
            return
        if self._pause:
            logger.info("MLflow answers: what was kept in %s has been logged.", self._journal.path)
        self._pause, self._next = 0.0, 0.0

    def _wait_after(self, error: Exception, store: Store, seconds: float) -> None:
        """Leave a store alone for a while that has not taken something, and warn the first time."""
        if not self._pause:
            logger.warning(
                "MLflow: %s. The run goes on; what is not logged is written to %s. Send it later: %s",
                why_not(store.uri, error), self._journal.path, self._send_command,
            )  # fmt: skip
        _keep_trace(error)
        self._pause = max(2 * self._pause, FIRST_PAUSE, PAUSE_PER_SECOND * seconds)
        self._next = time.monotonic() + self._pause


RUN = TrackedRun()
"""The run of this process: one process, one experiment, one run."""


def _keep_trace(error: Exception) -> None:
    logger.debug(hide_secrets("".join(traceback.format_exception(error))))


def _tag_texts(tags: Mapping[str, Any]) -> dict[str, str]:
    return {key: safe_text(str(value), LONGEST_TAG) for key, value in tags.items()}


def _now() -> int:
    return time.time_ns() // 1_000_000
