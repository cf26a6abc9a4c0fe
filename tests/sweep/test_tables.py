from s3f_pipeline.results import find_runs
from s3f_pipeline.results.summary import summarise
from s3f_pipeline.sweep.state import State
from s3f_pipeline.sweep.tables import state_table, summary_table


def test_states_fit_80_columns(make_run, write_result, tmp_path):
    states = {
        make_run(seed, 3, "pneumoniamnist", "spectral"): state for seed, state in enumerate(State, start=100)
    }
    first = next(iter(states))
    write_result(first, accuracy=0.98765, macro_f1=1 / 3)
    outdated = [run for run, state in states.items() if state is State.OUTDATED]
    reasons = dict.fromkeys(outdated, "training: parameter training.epochs 12 → 20, code of training/fit.py")
    table = state_table(states, {first: find_runs(tmp_path)[0]}, reasons)
    assert max(map(len, table.splitlines())) <= 80
    assert "seed-100_fold-3  finished       0.9877    0.3333" in table
    assert "8 runs: 1 finished, 1 running, 1 waiting, 1 failed, 1 interrupted, 1 lost, 1" in table
    assert f"outdated: {outdated[0].title}: training:" in table


def test_protocols_are_told_apart(make_run):
    run = make_run(0)
    sides = [run._replace(experiment=run.experiment._replace(protocol=p)) for p in ("leak_free", "leaking")]
    table = state_table(dict.fromkeys([run, *sides], State.WAITING), {}, {})
    shown = [line.split()[1] for line in table.splitlines()[1:4]]
    assert shown == ["spatial", "spatial_leak_free", "spatial_leaking"]


def test_each_reason_is_told_once(make_run):
    runs = [make_run(seed) for seed in range(3)]
    reasons = {runs[0]: "training: split changed", runs[1]: "evaluation: code of x.py"}
    table = state_table(dict.fromkeys(runs, State.OUTDATED), {}, {**reasons, runs[2]: reasons[runs[0]]})
    assert f"outdated: {runs[0].title} and 1 more: training: split changed\n" in table
    assert f"outdated: {runs[1].title}: evaluation: code of x.py\n" in table


def test_summaries_fit_80_columns(make_run, write_result, tmp_path):
    for seed, accuracy in enumerate((0.5, 0.75)):
        write_result(make_run(seed), accuracy=accuracy)
    runs = find_runs(tmp_path)
    one, two = summarise(runs[:1]).content, summarise(runs).content
    lines = summary_table([{**one, "cohort": "pneumoniamnist"}, two]).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["pneumoniamnist", "spatial", "1", "0.5000", "0.2500"]
    assert lines[2].split() == ["brisc", "spatial", "2", "0.6250", "±", "0.1768", "0.2500", "±", "0.0000"]
