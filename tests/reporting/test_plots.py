import warnings

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.reporting.plots import plot_confusion_matrix, plot_history, plot_roc
from s3f_pipeline.reporting.style import figure_to_png
from s3f_pipeline.text import one_line

CLASSES = ["glioma", "no_tumor", "pituitary"]


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_confusion_matrix_shows_counts_and_row_percentages():
    metrics = {"confusion_matrix": [[1500, 500, 0], [1, 2, 1], [0, 0, 0]]}
    figure = plot_confusion_matrix(metrics, CLASSES, "Test images")
    cells = [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in figure.axes[0].texts]
    assert cells == [
        "1,500\n75.0 %", "500\n25.0 %", "0\n0.0 %",
        "1\n25.0 %", "2\n50.0 %", "1\n25.0 %",
        "0\nno image", "0\nno image", "0\nno image",
    ]  # fmt: skip
    assert {"Test images", "Predicted class", *CLASSES} <= set(texts(figure))
    assert "True class" in figure.axes[0].get_ylabel()


def test_the_first_true_class_stands_on_top():
    figure = plot_confusion_matrix({"confusion_matrix": [[1, 0], [0, 1]]}, ["a", "b"])
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top


def test_roc_shows_the_auc_of_every_class(predictions, metrics):
    axes = plot_roc(predictions, CLASSES).axes[0]
    expected = [f"{name} (AUC {metrics['per_class'][name]['auc']:.3f})" for name in CLASSES]
    assert legend(axes) == ["guessing (AUC 0.500)", *expected]
    assert axes.get_xlabel() == "False positive rate (1 − specificity)"
    assert axes.get_ylabel() == "Sensitivity"


def test_roc_curves_enclose_their_auc(predictions, metrics):
    axes = plot_roc(predictions, CLASSES).axes[0]
    for line, name in zip(axes.get_lines()[1:], CLASSES, strict=True):
        area = np.trapezoid(line.get_ydata(), line.get_xdata())
        assert area == pytest.approx(metrics["per_class"][name]["auc"])


def test_roc_of_the_positive_class_alone(predictions):
    labels = legend(plot_roc(predictions, CLASSES, positive_class="no_tumor").axes[0])
    assert [label.split(" ")[0] for label in labels] == ["guessing", "no_tumor"]


def test_roc_says_which_class_has_no_curve(predictions):
    present = predictions[predictions["label"] != "pituitary"]
    assert "pituitary (no AUC)" in legend(plot_roc(present, CLASSES).axes[0])


def test_roc_refuses_unsound_predictions(predictions):
    with pytest.raises(EvaluationError, match="p_glioma"):
        plot_roc(predictions.drop(columns="p_glioma"), CLASSES)


def test_history_marks_the_kept_epoch_in_every_panel(history):
    figure = plot_history(history, 2, "weighted_f1", "validation")
    assert figure.get_suptitle() == "Epoch 2 was kept: best validation weighted F1"
    assert len(figure.axes) == 3
    for axes in figure.axes:
        kept = [line for line in axes.get_lines() if line.get_label() == "kept epoch"]
        assert [list(line.get_xdata()) for line in kept] == [[2, 2]]


def test_history_names_the_split_that_chose(history):
    losses, scores, rates = plot_history(history, 2, "weighted_f1", "test").axes
    assert legend(losses) == ["training", "test", "kept epoch"]
    assert legend(scores) == ["training accuracy", "test accuracy", "test weighted F1", "kept epoch"]
    assert rates.get_xlabel() == "Epoch"


def test_history_draws_the_selection_metric_once(history):
    scores = plot_history(history, 2, "accuracy", "validation").axes[1]
    assert legend(scores) == ["training accuracy", "validation accuracy", "kept epoch"]


def test_history_of_one_epoch_can_be_drawn(history):
    assert figure_to_png(plot_history(history[:1], 1, "macro_f1", "validation"))


def test_history_refuses_an_epoch_it_does_not_have(history):
    with pytest.raises(EvaluationError, match="no epoch 4"):
        plot_history(history, 4, "weighted_f1", "validation")


def test_png_is_an_image_and_the_same_each_time(metrics):
    first, second = (figure_to_png(plot_confusion_matrix(metrics, CLASSES)) for _ in range(2))
    assert first == second
    assert b"tEXt" not in first
    image = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (896, 896, 3)


def test_plots_leave_no_trace_in_pyplot(predictions):
    from matplotlib import pyplot as plt

    with plt.rc_context({"font.size": 5}):
        plot_roc(predictions, CLASSES)
        assert plt.rcParams["font.size"] == 5
    assert plt.get_fignums() == []


def test_many_classes_get_a_larger_matrix():
    classes = [f"class-{i}" for i in range(11)]
    predictions = pd.DataFrame(np.eye(11), columns=[f"p_{name}" for name in classes]).assign(
        image_id=range(11), group=range(11), split="test", label=classes, predicted=classes
    )
    figure = plot_confusion_matrix(compute_metrics(predictions, classes), classes)
    assert figure.get_figwidth() > 10


MATRIX = {"confusion_matrix": [[3, 1], [0, 2]]}
UNUSUAL = (r"$\frac$ (low)", r"a$b$_\$c", "_hidden", "two\nlines", "\x1b\0", "", "^{x}%\\")


def named(predictions, names):
    """The same predictions of other classes."""
    old = ["glioma", "no_tumor", "pituitary"]
    columns = {f"p_{before}": f"p_{after}" for before, after in zip(old, names, strict=True)}
    to_new = dict(zip(old, names, strict=True))
    return predictions.rename(columns=columns).replace({"label": to_new, "predicted": to_new})


@pytest.mark.parametrize("name", UNUSUAL)
def test_names_of_classes_are_shown_letter_by_letter(name, predictions):
    figure = plot_confusion_matrix(MATRIX, ["a", name])
    figure_to_png(figure)
    (label,) = {tick.get_text() for tick in figure.axes[0].get_yticklabels()} - {"a"}
    curves = plot_roc(named(predictions, ["a", "b", name]), ["a", "b", name])
    figure_to_png(curves)
    assert label.replace(r"\$", "$").strip() == one_line(name)
    assert any(line.startswith(f"{label} (AUC ") for line in legend(curves.axes[0]))


@pytest.mark.parametrize("classes", [2, 8])
def test_long_names_leave_room_for_the_plot(classes):
    names = [f"{n} " + 20 * "long " + f"name {n}" for n in range(classes)]
    figure = plot_confusion_matrix({"confusion_matrix": np.eye(classes, dtype=int).tolist()}, names)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.draw_without_rendering()
    (axes,) = figure.axes
    assert axes.get_window_extent().width > 0.3 * figure.bbox.width
    for n, label in enumerate(axes.get_yticklabels()):
        text, place = label.get_text(), label.get_window_extent()
        assert (text[:2], text[-2:]) == (f"{n} ", f" {n}")
        assert "…" in text
        assert place.x0 >= 0


@settings(max_examples=20)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Lo", "So"]), max_size=20))
def test_any_name_of_a_class_can_be_drawn(name):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        assert figure_to_png(plot_confusion_matrix(MATRIX, ["a", name]))


def test_classes_have_titles_of_their_own(predictions, metrics):
    titles = {"no_tumor": "no tumour"}
    curves = legend(plot_roc(predictions, CLASSES, titles=titles).axes[0])
    assert f"no tumour (AUC {metrics['per_class']['no_tumor']['auc']:.3f})" in curves
    assert f"glioma (AUC {metrics['per_class']['glioma']['auc']:.3f})" in curves
