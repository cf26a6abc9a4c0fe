import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.order_evidence import order_evidence
from s3f_pipeline.splits.sequence import orders_of
from s3f_pipeline.splits.straddle import NO_ORDER, order_verdict


def test_p_values_of_random_orders_are_uniform(draw_cohort):
    p, orders = [], None
    for seed in range(40):
        index, thumbnails, _ = draw_cohort(seed, in_order=False, images=120)
        features = likeness_features(thumbnails)
        orders = orders or orders_of(index)
        p.append(order_evidence(features, orders, permutations=99, seed=seed)["p"])
    assert np.mean(np.array(p) <= 0.25) == pytest.approx(0.25, abs=0.2)
    assert np.mean(np.array(p) <= 0.75) == pytest.approx(0.75, abs=0.2)


def test_copies_beside_their_originals_are_no_patients(draw_cohort):
    index, thumbnails, groups = draw_cohort(in_order=False, images=400, twins=0.5)
    features, order = likeness_features(thumbnails), orders_of(index)
    evidence = order_evidence(features, order, twin_set=groups["twin_set"], permutations=99)
    assert order_verdict(evidence, len(index)) == NO_ORDER
    assert evidence["pairs"] < 300
    changed = thumbnails.copy()
    changed[1::2] = np.clip(
        changed[0::2] + np.random.default_rng(0).normal(0, 20, changed[1::2].shape), 0, 255
    )
    pairs = pd.Series(np.arange(400) // 2).astype("string")
    features = likeness_features(changed)
    unmarked, marked = (
        order_evidence(features, order, twin_set=twins, permutations=99)["effect"] for twins in (None, pairs)
    )
    assert unmarked > 1
    assert abs(marked) < 0.3


def test_the_effect_follows_the_length_of_the_runs(draw_cohort):
    index, thumbnails, _ = draw_cohort(images=1000, per_patient=20, share=0.5)
    evidence = order_evidence(likeness_features(thumbnails), orders_of(index), permutations=19)
    assert evidence["run_length"] == 16
    assert evidence["consecutive"] > evidence["random"] + 0.05
    assert evidence["lags"][0]["effect"] == pytest.approx(evidence["effect"])


def test_a_pattern_in_stretches_is_tested_like_one_in_one_piece(draw_cohort, monkeypatch):
    index, thumbnails, _ = draw_cohort(images=400)
    features, order = likeness_features(thumbnails), orders_of(index)
    whole = order_evidence(features, order, permutations=19)
    monkeypatch.setattr("s3f_pipeline.splits.order_evidence.MOST_FILES", 150)
    parts = order_evidence(features, order, permutations=19)
    assert parts["files"] == whole["files"]
    assert parts["pairs"] == whole["pairs"] - 2
    assert parts["effect"] == pytest.approx(whole["effect"], rel=0.1)
