import numpy as np
import pytest
from matplotlib.collections import PathCollection
from uncertainty_files import uncertainty_file

from s3f_pipeline.reporting.reliability import plot_decision_curve, plot_reliability
from s3f_pipeline.reporting.style import figure_to_png
from s3f_pipeline.results.decoding import decode
from s3f_pipeline.results.uncertainty import Calibration, DecisionCurve


def calibration(**options):
    return decode(Calibration, uncertainty_file(**options)["calibration"])


@pytest.mark.parametrize(("validation", "panels"), [(60, 2), (0, 1)])
def test_panels_show_the_bins_as_predicted_and_calibrated(validation, panels):
    found = calibration(validation=validation)
    figure = plot_reliability(found, is_binary=False)
    assert len(figure.axes) == panels
    for axes, figures in zip(figure.axes, (found.raw, found.calibrated), strict=False):
        (points,) = (each for each in axes.collections if isinstance(each, PathCollection))
        expected = [[point.probability, point.share] for point in figures.reliability]
        assert np.asarray(points.get_offsets()) == pytest.approx(np.array(expected))
        assert f"{figures.ece:.4f}" in axes.get_title()
    assert figure_to_png(figure) == figure_to_png(plot_reliability(found, is_binary=False))


def test_axes_say_whose_probability_it_is():
    found = calibration(is_binary=True)
    for is_binary, whose in ((True, "positive class"), (False, "predicted class")):
        figure = plot_reliability(found, is_binary=is_binary)
        assert whose in figure.axes[0].get_xlabel()


def test_the_curve_stands_beside_acting_on_all_and_on_none():
    curve = decode(DecisionCurve, uncertainty_file(is_binary=True)["decision_curve"])
    (axes,) = plot_decision_curve(curve).axes
    network, of_all, none = axes.lines
    assert list(network.get_ydata()) == [point.network for point in curve.points]
    assert list(of_all.get_ydata()) == [point.all for point in curve.points]
    assert list(none.get_ydata()) == [0, 0]
