from s3f_pipeline.sweep.state import State
from s3f_pipeline.sweep.tables import state_table, summary_table


def test_states_fit_80_columns(make_run):
    states = {
        make_run(seed, 3, "pneumoniamnist", "spectral"): state for seed, state in enumerate(State, start=100)
    }
    metrics = {next(iter(states)): {"test": {"accuracy": 0.98765, "macro_f1": 1 / 3}}}
    table = state_table(states, metrics)
    assert max(map(len, table.splitlines())) <= 80
    assert "seed-100_fold-3  finished       0.9877    0.3333" in table
    assert "8 runs: 1 finished, 1 running, 1 waiting, 1 failed, 1 interrupted, 1 lost, 1" in table


def test_summaries_fit_80_columns(make_result):
    from s3f_pipeline.sweep.summary import summarise

    one = summarise([make_result()]).content
    two = summarise([make_result(0, accuracy=0.5), make_result(1, accuracy=0.75)]).content
    lines = summary_table([{**one, "cohort": "pneumoniamnist"}, two]).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["pneumoniamnist", "spatial", "1", "0.5000", "0.2500"]
    assert lines[2].split() == ["brisc", "spatial", "2", "0.6250", "±", "0.1768", "0.2500", "±", "0.0000"]
