"""Who works on what: locks between processes, released when a process ends, however it ends.

An experiment is worked on by one process. A cohort is prepared by one process at a time; the others wait.
What a running experiment reads is not made anew under it: it marks the cohort as read, and such a mark is
only set, and only looked for, by the process that prepares the cohort at that moment.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from filelock import FileLock, Timeout

from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.config.names import Experiment, size_name
from s3f_pipeline.errors import LockedError

READING = "reading."
"""What the names of marks begin with."""
logger = logging.getLogger(__name__)


def lock_of(loader: ProjectConfigLoader, name: str) -> FileLock:
    """The lock of ``<namespace>.<run folder>`` of an experiment, or of what is prepared."""
    folder = loader.data_root / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{name}.lock", is_singleton=True)


@contextmanager
def refuse_second_process(loader: ProjectConfigLoader, experiment: str) -> Iterator[None]:
    """Work on an experiment (its namespace).

    Raises:
        LockedError: If another process does.
    """
    try:
        with lock_of(loader, f"{experiment}.{loader.run_folder}").acquire(timeout=0):
            yield
    except Timeout as error:
        raise LockedError(
            f"Another process is working on {experiment} ({loader.run_folder}). Wait for it, stop it, "
            f"or run another seed: --params=seed=<n>."
        ) from error


@contextmanager
def preparing(loader: ProjectConfigLoader, names: Iterable[str]) -> Iterator[None]:
    """Prepare cohorts, or raw folders that cohorts share; wait while another process does."""
    with ExitStack() as held:
        for name in sorted(names):
            lock = lock_of(loader, name)
            try:
                held.enter_context(lock.acquire(timeout=0))
            except Timeout:
                logger.info("Another process is preparing %s: waiting for it.", name)
                held.enter_context(lock.acquire())
        yield


def reading(loader: ProjectConfigLoader, experiment: str) -> FileLock:
    """The mark of an experiment that its cohort is read at a size; set inside of ``preparing``."""
    size = size_name(loader.cohort(Experiment.of_namespace(experiment).cohort).image_size)
    return lock_of(loader, f"{READING}{experiment}.{size}.{loader.run_folder}")


def refuse_while_read(loader: ProjectConfigLoader, namespace: str, what: str) -> None:
    """Make sure that no other process reads what is about to be made anew; call inside of ``preparing``.

    Args:
        loader: Of this run.
        namespace: ``<cohort>``, ``<cohort>.<protocol>`` for the split of this run's fold alone, or
            ``<cohort>.<image size>`` for the images of this size alone.
        what: What would be made anew.

    Raises:
        LockedError: If one does.
    """
    cohort, _, part = namespace.partition(".")
    for path in sorted((loader.data_root / ".locks").glob(f"{READING}{cohort}.*.lock")):
        experiment, size, run = path.stem.removeprefix(READING).rsplit(".", 2)
        protocol, fold = Experiment.of_namespace(experiment).protocol, run.partition("_")[2]
        of_this_fold = protocol if fold == loader.fold_ending.removeprefix("_") else None
        if part and part not in (of_this_fold, size):
            continue
        lock = lock_of(loader, path.stem)
        if lock.is_locked:
            continue
        try:
            lock.acquire(timeout=0)
            lock.release()
        except Timeout as error:
            raise LockedError(
                f"{Experiment.of_namespace(experiment).pipeline} ({run}) is running in another process and "
                f"reads what this run would make anew: {what}. Wait for it, or stop it."
            ) from error
