"""One MLflow run per experiment, whatever becomes of MLflow."""

import functools
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec

from s3f_pipeline.credentials import hide_secrets, shown_uri
from s3f_pipeline.errors import TrackingError
from s3f_pipeline.files import sha256_of
from s3f_pipeline.signals import signals_wait
from s3f_pipeline.tracking.answers import reason, why_not
from s3f_pipeline.tracking.delivery import Store, deliver_spool
from s3f_pipeline.tracking.names import LONGEST_PARAM, LONGEST_TAG, safe_text
from s3f_pipeline.tracking.parent import PARENT_TAG, PARENT_VARIABLE
from s3f_pipeline.tracking.processes import PROCESS_TAG, this_process
from s3f_pipeline.tracking.spool import NAME, Record, Spool
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

    What MLflow does not take is kept in the run's folder (see ``spool``), and so is everything after it, so
    that it arrives in its order; it is tried again after a pause, and at the end of the run.

    Attributes:
        run_id: Of the open run, ``None`` while there is none or MLflow has not made it yet.
    """

    def __init__(self) -> None:
        """Start without a run."""
        self.run_id: str | None = None
        self._store: Store | None = None
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
            run_folder: Where the model lies, and what could not be logged.
            run_id: A run to go on with, where one stage of an experiment is made again.
            send_command: What a user types to send what could not be logged.
        """
        from mlflow.tracking.context.registry import resolve_tags

        uri = reachable_or_local(uri, folder)
        parent = os.environ.get(PARENT_VARIABLE)
        texts = {**tags, PROCESS_TAG: this_process(), **({PARENT_TAG: parent} if parent else {})}
        self._start = {
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
        self._pause, self._next = 0.0, 0.0
        self._spool = Spool(run_folder / NAME)
        self._store = Store(uri, folder)
        self._end_earlier_run()
        self._log(self._start)

    def log_epoch(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Log the figures of one epoch, counted from 1."""
        values = {name: float(figure) for name, figure in figures.items()}
        self._log({"kind": "metrics", "time": _now(), "step": epoch, "values": values})

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log final figures."""
        self.log_epoch(0, metrics)

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Add tags."""
        self._log({"kind": "tags", "time": _now(), "values": _tag_texts(tags)})

    def log_file(self, path: Path, folder: str | None = None) -> None:
        """Log a file as an artifact."""
        self._log({"kind": "file", "time": _now(), "folder": folder}, path)

    def log_model(self, path: Path, input_shape: tuple[int, ...], outputs: int) -> None:
        """Log a saved network; see ``s3f_pipeline.tracking.model``."""
        shape = list(input_shape)
        self._log({"kind": "model", "time": _now(), "input_shape": shape, "outputs": outputs}, path)

    def end(self, status: str) -> None:
        """Close the run as ``FINISHED``, ``FAILED`` or ``KILLED``."""
        self._log({"kind": "end", "time": _now(), "status": status})
        if self._store is not None and self._spool.exists():
            logger.warning(
                "MLflow: what could not be logged lies in %s. Send it with: %s",
                self._spool.path, self._send_command,
            )  # fmt: skip
        self.run_id = self._store = None

    def _end_earlier_run(self) -> None:
        """Close what a process has left that died before its records were delivered."""
        if self._spool.exists():
            try:
                self._spool.close()
            except TrackingError as error:
                logger.warning("%s It is put aside as %s.", error.message, self._spool.put_aside())

    @never_fatal
    def _log(self, record: Record, path: Path | None = None) -> None:
        """Deliver a record, or keep it behind what is kept already."""
        if self._store is None:
            return
        if path is not None:
            record |= {"path": os.path.relpath(path, self._store.folder), "sha256": sha256_of(path)}
        if self._spool.exists():
            self._keep(record)
            self._attempt(self._deliver_kept, urgent=record["kind"] == "end")
        elif not self._attempt(lambda store: self._deliver(store, record)):
            self._keep(record)

    def _deliver(self, store: Store, record: Record) -> None:
        store.check()
        self.run_id = store.deliver(record, self.run_id)

    def _deliver_kept(self, store: Store) -> None:
        *_, (_, self.run_id) = deliver_spool(self._spool, store)
        logger.info("MLflow answers: what was kept in %s has been logged.", self._spool.path)

    def _keep(self, record: Record) -> None:
        if not self._spool.exists() and record is not self._start:
            self._spool.append(self._start)
            if self.run_id:
                self._spool.mark(1, self.run_id)
        self._spool.append(record)

    def _attempt(self, action: Callable[[Store], None], *, urgent: bool = False) -> bool:
        """Say whether an action succeeded; it is not even tried in a pause, unless it is urgent."""
        began = time.monotonic()
        assert self._store is not None
        if began < self._next and not urgent:
            return False
        try:
            action(self._store)
        except Exception as error:
            if self._next == 0:
                logger.warning(
                    "MLflow: %s. The run goes on; what is not logged is written to %s. Send it later: %s",
                    why_not(self._store.uri, error), self._spool.path, self._send_command,
                )  # fmt: skip
            _keep_trace(error)
            self._pause = max(2 * self._pause, FIRST_PAUSE, PAUSE_PER_SECOND * (time.monotonic() - began))
            self._next = time.monotonic() + self._pause
            return False
        self._pause, self._next = 0.0, 0.0
        return True


RUN = TrackedRun()
"""The run of this process: one process, one experiment, one run."""


def _keep_trace(error: Exception) -> None:
    logger.debug(hide_secrets("".join(traceback.format_exception(error))))


def _tag_texts(tags: Mapping[str, Any]) -> dict[str, str]:
    return {key: safe_text(str(value), LONGEST_TAG) for key, value in tags.items()}


def _now() -> int:
    return time.time_ns() // 1_000_000
