from s3f_pipeline.turns import in_turns


def test_calls_take_turns_after_one_that_does_not_count():
    made = []
    times = in_turns([lambda: made.append("a"), lambda: made.append("b")], 3)
    assert made == ["a", "b"] * 4
    assert all(0 < seconds < 0.1 for seconds in times)
