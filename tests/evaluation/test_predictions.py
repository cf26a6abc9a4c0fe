import pandas as pd
import pytest

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.predictions import check_predictions, class_probabilities

CLASSES = ["benign", "malignant"]


@pytest.fixture
def predictions():
    return pd.DataFrame(
        {
            "image_id": ["a", "b", "c"],
            "group": ["g1", "g2", "g2"],
            "split": "test",
            "label": ["benign", "malignant", "malignant"],
            "predicted": ["benign", "malignant", "benign"],
            "p_benign": [0.75, 0.25, 0.5],
            "p_malignant": [0.25, 0.75, 0.5],
        }
    )


def test_accepts_a_sound_table(predictions):
    check_predictions(predictions, CLASSES)


def test_of_a_tie_the_first_class_is_predicted(predictions):
    predictions.loc[2, "predicted"] = "malignant"
    with pytest.raises(EvaluationError, match=r"of equals the first.*first for image 'c'"):
        check_predictions(predictions, CLASSES)


def test_probabilities_follow_the_order_of_the_classes(predictions):
    assert class_probabilities(predictions, ["malignant", "benign"])[0].tolist() == [0.25, 0.75]


def test_refuses_missing_columns(predictions):
    with pytest.raises(EvaluationError, match="lack the columns group, p_malignant"):
        check_predictions(predictions.drop(columns=["group", "p_malignant"]), CLASSES)


def test_refuses_an_empty_table(predictions):
    with pytest.raises(EvaluationError, match="no rows"):
        check_predictions(predictions.iloc[:0], CLASSES)


def test_refuses_mixed_splits(predictions):
    predictions["split"] = ["test", "test", "train"]
    with pytest.raises(EvaluationError, match="mix the splits test, train"):
        check_predictions(predictions, CLASSES)


@pytest.mark.parametrize("column", ["label", "predicted"])
@pytest.mark.parametrize("value", ["cyst", None])
def test_refuses_unknown_classes(predictions, column, value):
    predictions.loc[1, column] = value
    with pytest.raises(EvaluationError, match=f"Column '{column}' .*: (cyst|nan|None)"):
        check_predictions(predictions, CLASSES)


@pytest.mark.parametrize("probabilities", [(0.5, 0.4), (float("nan"), 1.0), (-0.5, 1.5), (float("inf"), 0.0)])
def test_refuses_what_is_no_distribution(predictions, probabilities):
    predictions.loc[1, ["p_benign", "p_malignant"]] = probabilities
    with pytest.raises(EvaluationError, match=r"1 of 3 predictions .* first for image 'b'"):
        check_predictions(predictions, CLASSES)


def test_refuses_a_prediction_that_is_not_the_most_probable(predictions):
    predictions.loc[0, "predicted"] = "malignant"
    with pytest.raises(EvaluationError, match="1 of 3 predictions, first for image 'a'"):
        check_predictions(predictions, CLASSES)
