"""A sweep from the first look to the summary."""

import logging
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from s3f_pipeline.config.names import Experiment
from s3f_pipeline.origins import PROJECT
from s3f_pipeline.process_identity import this_process
from s3f_pipeline.results import FinishedRun, find_runs, warn_of_damage
from s3f_pipeline.results.summary import summarise
from s3f_pipeline.signals import signals_wait
from s3f_pipeline.sweep import slurm
from s3f_pipeline.sweep.plan import Run
from s3f_pipeline.sweep.records import Record, RunFiles
from s3f_pipeline.sweep.state import State, state_of
from s3f_pipeline.sweep.tables import counted, state_table, summary_table
from s3f_pipeline.sweep.task import Task
from s3f_pipeline.tracking.parent import ParentRun

Execute = Callable[[Mapping[Run, Task], Path], None]
logger = logging.getLogger(__name__)


class Experiments(Protocol):
    """What a sweep asks of the side that knows Kedro; see ``s3f_pipeline.pipelines.experiments``."""

    @property
    def data_root(self) -> Path:
        """Folder below which all runs read and write."""

    def prepare(self, experiment: Experiment, fold: int | None) -> str | None:
        """Make what the runs of a cohort share, and return what went wrong, if anything."""

    def why_unfinished(self, experiment: Experiment, seed: int, fold: int | None) -> str | None:
        """Say why a run is not finished; ``None`` if it is."""

    def has_results(self, experiment: Experiment, seed: int, fold: int | None) -> bool:
        """Whether a run has been finished, with whatever parameters, data and code."""

    def forget(self, experiment: Experiment, seed: int, fold: int | None) -> None:
        """Make a run count as not started."""

    def update_summary(self, experiment: Experiment) -> None:
        """Write what all finished runs of an experiment come to."""


class Sweep:
    """Some runs of some experiments.

    Args:
        experiments: The side that knows Kedro.
        runs: The selection.
        params: Text of ``--params`` of every run, without seed, fold and force.
        env: Configuration environment, ``None`` for the default one.

    Attributes:
        problems: Why cohorts could not be prepared, by name.
    """

    def __init__(
        self, experiments: Experiments, runs: Sequence[Run], *, params: str = "", env: str | None = None
    ) -> None:
        """Remember what the sweep is about."""
        self._experiments, self._runs = experiments, runs
        self._params, self._env = params, env
        self._folder = experiments.data_root / "logs" / "sweep"
        self.problems: dict[str, str] = {}

    def command(self, run: Run) -> list[str]:
        """The command that a user would type for this run."""
        params = [f"seed={run.seed}", *([] if run.fold is None else [f"fold={run.fold}"])]
        return [
            sys.executable,
            str(Path(sysconfig.get_path("scripts")) / "kedro"),
            "run",
            f"--pipeline={run.experiment.pipeline}",
            f"--params={','.join([*params, *([self._params] if self._params else [])])}",
            *([f"--env={self._env}"] if self._env else []),
        ]

    def states(self) -> dict[Run, State]:
        """Look up the state of every run."""
        records = {
            run: (Record.read(files.submission), Record.read(files.attempt))
            for run, files in ((run, RunFiles.of(run, self._folder)) for run in self._runs)
        }
        on_slurm = any(record is not None and record.job for pair in records.values() for record in pair)
        queue = slurm.queue() if on_slurm else None
        return {
            run: state_of(
                self.command(run),
                submission,
                attempt,
                queue,
                finished=self._experiments.why_unfinished(*run) is None,
                has_results=self._experiments.has_results(*run),
            )
            for run, (submission, attempt) in records.items()
        }

    def table(self, states: Mapping[Run, State]) -> str:
        """The states as a table, with the figures of finished runs, and why others are outdated."""
        outdated = [run for run, state in states.items() if state is State.OUTDATED]
        return state_table(
            states,
            self._results(states),
            {run: self._experiments.why_unfinished(*run) or "" for run in outdated},
        )

    def start(
        self, execute: Execute, open_parent: Callable[[], ParentRun], *, force: bool
    ) -> dict[Run, State]:
        """Prepare the cohorts, run what is not finished, and return the states after it.

        Args:
            execute: ``run_locally`` or ``submit`` with its options.
            open_parent: Opens the MLflow run of the sweep, if there is anything to run.
            force: Run finished runs again.
        """
        self._prepare()
        states = self.states()
        todo = [
            run
            for run, state in states.items()
            if run.experiment.cohort not in self.problems
            and not state.is_busy
            and (force or state is not State.FINISHED)
        ]
        if not todo and not self._was_submitted():
            return states
        parent: ParentRun | None = None
        try:
            with signals_wait():
                parent = open_parent()
            if todo:
                logger.info(
                    "%s; %d to run%s", counted(states), len(todo),
                    ", finished ones too; after an interruption leave force=true out to go on"
                    if force else "",
                )  # fmt: skip
                self._execute(execute, todo, parent.environment(), force=force)
                states = self.states()
            parent.end(_status_of_parent(states))
        except BaseException:
            if parent is not None:
                parent.end("KILLED")
            raise
        return states

    def summarise(self, states: Mapping[Run, State]) -> str:
        """Sum up each experiment as a table, empty if no run is finished; bring all summaries up to date."""
        results: dict[Experiment, list[FinishedRun]] = {}
        for run, found in self._results(states).items():
            results.setdefault(run.experiment, []).append(found)
        summaries = [summarise(found) for found in results.values()]
        for experiment in results:
            self._experiments.update_summary(experiment)
        for sentence in (sentence for summary in summaries for sentence in summary.left_out):
            logger.warning("%s", sentence)
        return summary_table([summary.content for summary in summaries]) if summaries else ""

    def explain(self, states: Mapping[Run, State]) -> str:
        """Say what has kept cohorts from being prepared, and how unfinished runs have ended."""
        lines = [f"  {cohort} could not be prepared: {why}" for cohort, why in self.problems.items()]
        for run in unfinished(states):
            if run.experiment.cohort not in self.problems:
                log = RunFiles.of(run, self._folder).log
                lines += [f"  {run.title}: {states[run].value}{_last_error(log, states[run])}", f"    {log}"]
        return "\n".join(lines)

    def _results(self, states: Mapping[Run, State]) -> dict[Run, FinishedRun]:
        """What the finished runs have left, in the order of the states."""
        finished = [run for run, state in states.items() if state is State.FINISHED]
        found = {
            result.id: result
            for experiment in dict.fromkeys(run.experiment for run in finished)
            for result in find_runs(
                self._experiments.data_root, **experiment._asdict(), damaged=warn_of_damage
            )
        }
        by_id = {run: found.get(run.id) for run in finished}
        return {run: result for run, result in by_id.items() if result}

    def _prepare(self) -> None:
        """Prepare each cohort, protocol and fold once."""
        self.problems = {}
        shared: dict[tuple[str, str, int | None], Experiment] = {}
        for run in self._runs:
            shared.setdefault((run.experiment.cohort, run.experiment.protocol, run.fold), run.experiment)
        for (cohort, _, fold), experiment in shared.items():
            if cohort not in self.problems and (why := self._experiments.prepare(experiment, fold)):
                logger.error("%s could not be prepared; the other cohorts go on.", cohort)
                self.problems[cohort] = why

    def _was_submitted(self) -> bool:
        """Whether runs went to a cluster, which tells nobody when they have ended."""
        submissions = (Record.read(RunFiles.of(run, self._folder).submission) for run in self._runs)
        return any(record is not None and record.job is not None for record in submissions)

    def _execute(
        self, execute: Execute, todo: Sequence[Run], environment: Mapping[str, str], *, force: bool
    ) -> None:
        if force:  # here and not in the runs, which may be started more than once to go on
            for run in todo:
                self._experiments.forget(*run)
        tasks = {
            run: Task(self.command(run), RunFiles.of(run, self._folder), PROJECT, {**environment})
            for run in todo
        }
        for task in tasks.values():
            task.files.attempt.unlink(missing_ok=True)
            Record(task.command, this_process()).write(task.files.submission)
        execute(tasks, self._folder / "submitit" / datetime.now().strftime("%Y-%m-%d_%H-%M-%S"))


def unfinished(states: Mapping[Run, State]) -> list[Run]:
    """Runs that are neither finished nor at work."""
    return [run for run, state in states.items() if state is not State.FINISHED and not state.is_busy]


def _status_of_parent(states: Mapping[Run, State]) -> str:
    if any(state.is_busy for state in states.values()):
        return "SCHEDULED"
    return "FAILED" if unfinished(states) else "FINISHED"


def _last_error(log: Path, state: State) -> str:
    """What the log of a failed run says last of an error, as the end of a line."""
    if state is not State.FAILED or not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((f", {line}" for line in reversed(lines) if line.startswith("Error: ")), "")
