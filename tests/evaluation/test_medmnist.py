"""The figures of the MedMNIST benchmark: AUC and ACC as its evaluator defines them.

Multi-class: the AUC is the plain mean over classes of the area of "this class or not" by the score of the
class, and the ACC compares the class of the highest score. Binary: the area by the score of class 1, and
scores above 0.5 count as class 1 (https://medmnist.com, MedMNIST v2, Scientific Data 10, 41).
"""

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.evaluation.metrics import compute_metrics, mean_auc


def area(positive, scores):
    """Share of pairs in which the positive image has the higher score; ties count half."""
    higher = scores[positive][:, None] - scores[~positive][None]
    return np.mean((higher > 0) + 0.5 * (higher == 0))


def medmnist(labels, scores):
    if scores.shape[1] == 2:
        return area(labels == 1, scores[:, 1]), np.mean(labels == (scores[:, 1] > 0.5))
    areas = [area(labels == k, scores[:, k]) for k in range(scores.shape[1])]
    return np.mean(areas), np.mean(labels == scores.argmax(axis=1))


@pytest.mark.parametrize(("classes", "n"), [(2, 156), (7, 2005), (8, 300), (11, 900)])
def test_our_figures_are_those_of_the_benchmark(classes, n):
    rng = np.random.default_rng(classes)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    scores = rng.dirichlet(np.ones(classes), n).round(2)
    scores = np.where(np.arange(classes) == labels[:, None], scores + 0.1, scores)
    scores /= scores.sum(axis=1, keepdims=True)
    names = [f"class{k:02}" for k in range(classes)]
    table = pd.DataFrame(
        {
            "image_id": map(str, range(n)),
            "group": map(str, range(n)),
            "split": "test",
            "label": [names[k] for k in labels],
            "predicted": [names[k] for k in scores.argmax(axis=1)],
            **{f"p_{name}": scores[:, k] for k, name in enumerate(names)},
        }
    )
    metrics = compute_metrics(table, names, replicates=20)
    auc, accuracy = medmnist(labels, scores)
    assert metrics["auc_macro"] == pytest.approx(auc, abs=1e-12)
    assert metrics["accuracy"] == pytest.approx(accuracy)
    assert mean_auc(labels, scores) == pytest.approx(auc, abs=1e-12)
