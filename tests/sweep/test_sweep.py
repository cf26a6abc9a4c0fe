import pytest

from s3f_pipeline.sweep import slurm
from s3f_pipeline.sweep.records import Record
from s3f_pipeline.sweep.state import State
from s3f_pipeline.sweep.sweep import Sweep, unfinished

DEAD = "nowhere-but-here 1 1"


class FakeExperiments:
    """Stands in for the Kedro side: runs are finished when they are said to be."""

    def __init__(self, data_root):
        self.data_root = data_root
        self.finished, self.prepared, self.summaries, self.problems = set(), [], [], {}

    def prepare(self, experiment, fold):
        self.prepared.append((experiment.cohort, fold))
        return self.problems.get(experiment.cohort)

    def why_unfinished(self, experiment, seed, fold):
        return None if (experiment, seed, fold) in self.finished else "training: split changed"

    def has_results(self, experiment, seed, fold):
        return (experiment, seed, fold) in self.finished

    def forget(self, experiment, seed, fold):
        self.finished.discard((experiment, seed, fold))

    def update_summary(self, experiment):
        self.summaries.append(experiment.cohort)


class FakeParent:
    """Stands in for the MLflow run of a sweep."""

    def __init__(self):
        self.statuses = []

    def environment(self):
        return {"S3F_PARENT_RUN": "p"}

    def end(self, status):
        self.statuses.append(status)


@pytest.fixture
def runs(make_run):
    return [make_run(seed, cohort=cohort) for cohort in ("brisc", "busi") for seed in (0, 1)]


@pytest.fixture
def experiments(tmp_path, runs, write_result):
    for run in runs:
        write_result(run, accuracy=0.5 + run.seed / 4)
    return FakeExperiments(tmp_path)


@pytest.fixture
def sweep(experiments, runs):
    return Sweep(experiments, runs, params="training.epochs=1", env="demo")


@pytest.fixture
def parent():
    return FakeParent()


def ending(experiments, codes):
    """An executor whose runs end with these exit codes, 0 where none is given; it notes what it ran."""

    def execute(tasks, folder):
        for run, task in tasks.items():
            code = codes.get(run, 0)
            Record(task.command, DEAD, exit_code=code).write(task.files.attempt)
            task.files.log.write_text(f"…\nError: no ({code})\n")
            task.files.submission.unlink()
            if not code:
                experiments.finished.add(tuple(run))
        execute.ran.append(list(tasks))

    execute.ran = []
    return execute


def test_the_command_is_what_a_user_would_type(sweep, runs):
    assert sweep.command(runs[1])[2:] == [
        "run",
        "--pipeline=brisc_spatial",
        "--params=seed=1,training.epochs=1",
        "--env=demo",
    ]


def test_the_command_without_options_and_with_a_fold(experiments, make_run):
    run = make_run(0, 2)
    assert Sweep(experiments, [run]).command(run)[2:] == [
        "run",
        "--pipeline=brisc_spatial",
        "--params=seed=0,fold=2",
    ]


def test_failed_runs_are_told_and_run_again_finished_ones_are_not(sweep, experiments, runs, parent):
    execute = ending(experiments, {runs[1]: 1, runs[2]: 137, runs[3]: 143})
    states = sweep.start(execute, lambda: parent, force=False)
    assert list(states.values()) == [State.FINISHED, State.FAILED, State.LOST, State.INTERRUPTED]
    assert unfinished(states) == runs[1:]
    told = sweep.explain(states)
    assert "brisc_spatial, seed-1: failed, Error: no (1)" in told
    assert "logs/sweep/busi_spatial/seed-1.log" in told

    again = ending(experiments, {})
    assert set(sweep.start(again, lambda: parent, force=False).values()) == {State.FINISHED}
    assert again.ran == [runs[1:]]
    assert parent.statuses == ["FAILED", "FINISHED"]


def test_where_all_is_finished_nothing_is_run(sweep, experiments, runs):
    experiments.finished = {tuple(run) for run in runs}
    execute = ending(experiments, {})
    sweep.start(execute, lambda: pytest.fail("there is nothing to track"), force=False)
    assert execute.ran == []


def test_force_runs_finished_ones(sweep, experiments, runs, parent):
    experiments.finished = {tuple(run) for run in runs}
    execute = ending(experiments, {runs[0]: 1})
    states = sweep.start(execute, lambda: parent, force=True)
    assert execute.ran == [runs]
    assert unfinished(states) == runs[:1]


def test_the_parent_of_runs_in_a_queue_stays_open_until_they_are_through(
    sweep, experiments, runs, parent, monkeypatch
):
    def submit(tasks, folder):
        for task in tasks.values():
            Record(task.command, DEAD, job="7").write(task.files.submission)

    monkeypatch.setattr(slurm, "queue", lambda: {"7": "PENDING"})
    assert set(sweep.start(submit, lambda: parent, force=False).values()) == {State.WAITING}
    monkeypatch.setattr(slurm, "queue", dict)
    experiments.finished = {tuple(run) for run in runs}
    sweep.start(submit, lambda: parent, force=False)
    assert parent.statuses == ["SCHEDULED", "FINISHED"]


def test_each_cohort_and_fold_is_prepared_once(experiments, make_run, parent):
    runs = [make_run(s, f, c) for c in ("brisc", "busi") for s in (0, 1) for f in (0, 1)]
    Sweep(experiments, runs).start(ending(experiments, {}), lambda: parent, force=False)
    assert experiments.prepared == [("brisc", 0), ("brisc", 1), ("busi", 0), ("busi", 1)]


def test_a_cohort_that_cannot_be_prepared_does_not_stop_the_others(sweep, experiments, runs, parent):
    experiments.problems = {"brisc": "no images"}
    execute = ending(experiments, {})
    states = sweep.start(execute, lambda: parent, force=False)
    assert execute.ran == [runs[2:]]
    assert sweep.explain(states) == "  brisc could not be prepared: no images"


def test_an_interrupted_sweep_ends_its_parent_run(sweep, parent):
    def execute(tasks, folder):
        assert next(iter(tasks.values())).environment == {"S3F_PARENT_RUN": "p"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep.start(execute, lambda: parent, force=False)
    assert parent.statuses == ["KILLED"]


def test_what_another_sweep_has_submitted_is_left_alone(sweep, experiments, runs, parent):
    seen = []

    def execute(tasks, folder):
        seen.append(sweep.states()[runs[1]])
        second = ending(experiments, {})
        sweep.start(second, lambda: parent, force=False)
        seen.append(second.ran)

    sweep.start(execute, lambda: parent, force=False)
    assert seen == [State.WAITING, []]


def test_summaries_are_of_finished_runs(sweep, experiments, runs):
    experiments.finished = {tuple(run) for run in runs[:3]}
    table = sweep.summarise(sweep.states())
    assert "0.6250 ± 0.1768" in table
    assert [line.split()[:4] for line in table.splitlines()[1:]] == [
        ["brisc", "spatial", "2", "0.6250"],
        ["busi", "spatial", "1", "0.5000"],
    ]
    assert experiments.summaries == ["brisc", "busi"]
    assert "3 finished, 1 not started" in sweep.table(sweep.states())
