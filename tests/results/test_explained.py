import numpy as np
import pytest
from explained_runs import write_explanation
from simulated_runs import Network, write_network

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import find_runs
from s3f_pipeline.results.explained import explanations_hash, find_explanation


@pytest.fixture
def run(tmp_path):
    write_network(tmp_path, "spatial", Network(90), seeds=(0,), groups=6)
    return find_runs(tmp_path)[0]


def test_an_explanation_is_read_with_the_arrays_that_it_has(run):
    assert find_explanation(run) is None
    write_explanation(run, maps=np.ones((6, 2, 2)))
    found = find_explanation(run)
    assert found.content.variant == "spatial"
    arrays = found.arrays(["sampled_grad_cam", "what no network has"])
    assert list(arrays) == ["sampled_grad_cam"]
    np.testing.assert_array_equal(arrays["sampled_grad_cam"], np.ones((6, 2, 2)))


def test_that_of_an_earlier_network_is_none(run, tmp_path):
    write_explanation(run)
    write_network(tmp_path, "spatial", Network(60), seeds=(0,), groups=6)
    assert find_explanation(find_runs(tmp_path)[0]) is None


def test_a_damaged_one_is_refused(run):
    folder = write_explanation(run)
    found = find_explanation(run)
    (folder / "arrays.npz").write_bytes(b"cut")
    with pytest.raises(ResultsError, match=r"arrays\.npz was cut short or changed"):
        found.arrays(["sampled_grad_cam"])
    (folder / "explanation.json").write_text("{}")
    with pytest.raises(ResultsError, match=r"explanation\.json was cut short or changed"):
        find_explanation(run)


def test_the_hash_follows_what_the_explanations_hold(run):
    hashes = [explanations_hash([run])]
    for changed in ({"maps": None}, {"maps": np.ones((6, 2, 2))}, {"accuracies": (0.1, 0.2, 0.3, 0.4)}):
        write_explanation(run, **changed)
        hashes.append(explanations_hash([run]))
    assert len(set(hashes)) == 4
    write_explanation(run, accuracies=(0.1, 0.2, 0.3, 0.4))
    assert explanations_hash([run]) == hashes[-1]
