import numpy as np
import pytest

from s3f_pipeline.comparison.advice import advise
from s3f_pipeline.comparison.replicated import Replicated


def network(mean, spread=0.0, seed=0, runs=3):
    rng = np.random.default_rng(seed)
    figures = mean + spread * np.array([-1.0, 0.0, 1.0])[:runs]
    return Replicated(figures, figures[:, None] + rng.normal(0, 0.01, (runs, 500)))


def ask(margin=0.01, cost=None, **networks):
    cost = cost or {name: float(place) for place, name in enumerate(networks)}
    return advise(networks, cost, margin=margin, confidence=0.95, sample_df=100, seed=0)


def test_the_best_is_taken_where_the_others_are_shown_to_be_worse():
    choice = ask(cheap=network(0.7), dear=network(0.9, seed=1))
    assert (choice.network, choice.best, choice.tied) == ("dear", "dear", ("dear",))
    assert choice.chosen == {"cheap": 0, "dear": 1}


def test_the_cheapest_is_taken_where_no_difference_is_shown():
    choice = ask(cheap=network(0.895), dear=network(0.9, seed=1), bad=network(0.5, seed=2))
    assert (choice.network, choice.best) == ("cheap", "dear")
    assert choice.tied == ("cheap", "dear")
    assert choice.chosen["cheap"] > 0.8


def test_a_difference_within_the_margin_is_none():
    """Shown, and too small to matter."""
    apart = {"cheap": network(0.85), "dear": network(0.9, seed=1)}
    assert ask(**apart).network == "dear"
    assert ask(margin=0.06, **apart).network == "cheap"


def test_at_the_border_resampling_tells_how_close_it_was():
    shares = [
        ask(cheap=network(mean), dear=network(0.9, seed=1)).chosen["cheap"] for mean in (0.88, 0.87, 0.8)
    ]
    assert shares[0] > shares[1] > shares[2]


def test_the_order_of_networks_does_not_matter():
    networks = {"a": network(0.9, 0.02), "b": network(0.89, 0.02, seed=1), "c": network(0.7, seed=2)}
    cost = {"a": 3.0, "b": 3.0, "c": 1.0}
    one = ask(cost=cost, **networks)
    other = ask(cost=cost, **dict(reversed(networks.items())))
    assert one == other
    assert one.network == "a"  # of equal cost, by name


def test_a_single_run_is_judged_by_images_alone():
    choice = ask(cheap=network(0.7, runs=1), dear=network(0.9, seed=1, runs=1))
    assert choice.network == "dear"
    assert choice.means == pytest.approx({"cheap": 0.7, "dear": 0.9})
