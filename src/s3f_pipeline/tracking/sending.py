"""Sending what runs could not log."""

from pathlib import Path

from s3f_pipeline.credentials import remember_secrets_of
from s3f_pipeline.errors import TrackingError
from s3f_pipeline.tracking.answers import why_not
from s3f_pipeline.tracking.delivery import Store, deliver_journal, is_unknown
from s3f_pipeline.tracking.journal import Journal, Record


def open_store(uri: str, folder: Path) -> Store:
    """Open the store that runs are sent to.

    Args:
        uri: Of the store.
        folder: The data folder.

    Raises:
        TrackingError: If it does not answer.
    """
    store = Store(remember_secrets_of(uri), folder)
    try:
        store.check()
    except Exception as error:
        raise TrackingError(
            f"MLflow: {why_not(uri, error)}. Nothing was sent, and nothing is lost: send it again then, or "
            f"name another store in MLFLOW_TRACKING_URI."
        ) from error
    return store


def send_journal(journal: Journal, store: Store) -> list[str]:
    """Send everything that a journal holds, and remove it.

    It may be cut off at any moment; sending again goes on and makes nothing twice.

    Args:
        journal: Of a run folder on which no other process works.
        store: Where it is sent.

    Returns:
        One line for each run: what was sent, and where it is; or that its process may still be at work.

    Raises:
        TrackingError: If the store does not take it.
    """
    if not journal.exists():  # its run has just delivered it
        return []
    backlog = journal.read()
    if backlog.may_live:
        return [f"{journal.path} is left alone: its process may still be at work."]
    if not backlog.records:  # its process died while it wrote the first
        journal.remove()
        return []
    if backlog.records[0]["kind"] != "start":
        raise TrackingError(
            f"{journal.path} does not begin with the start of a run, so nobody can say to which run its "
            f"{len(backlog.records)} records belong. Take the file away."
        )
    journal.close()
    starts = [record for record in backlog.records[: backlog.delivered] if record["kind"] == "start"]
    start: Record = starts[-1] if starts else backlog.records[0]
    lines: list[str] = []
    sent = 0
    try:
        for record, run_id in deliver_journal(journal, store):
            sent += 1
            if record["kind"] == "start":
                start = record
            elif record["kind"] == "end":
                title = f"{start['experiment']}, {start['name']}"
                lines.append(f"{title}: {sent} records sent to run {run_id}, {record['status']}")
                sent = 0
    except Exception as error:
        where = f" Its run was begun in {start['store']}: name that store in MLFLOW_TRACKING_URI."
        raise TrackingError(
            f"{journal.path} was not sent: {why_not(store.uri, error)}."
            f"{where if is_unknown(error) else ' Nothing is lost: send it again then.'}"
        ) from error
    return lines
