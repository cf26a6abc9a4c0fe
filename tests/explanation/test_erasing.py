import numpy as np
import pytest

from s3f_pipeline.explanation.erasing import FRACTIONS, STEPS, curves, erased, erasing_block, ranks_of

CELLS = np.array([[0.1, 0.9], [0.5, 0.5]])


def test_cells_are_ranked_the_most_marked_first():
    assert ranks_of(CELLS).tolist() == [[3, 0], [1, 2]]


def test_the_most_marked_places_go_out_and_come_in_first():
    image = np.arange(4 * 6, dtype=np.float32).reshape(4, 6, 1)
    steps = erased(image, ranks_of(CELLS))
    deleted, inserted = np.split(steps, 2)
    assert len(deleted) == STEPS - 1
    marked = np.zeros((4, 6), bool)
    marked[:2, 3:] = True
    first = deleted[0][:, :, 0]
    assert (first[marked] == image.mean()).all()
    assert (first[~marked] == image[:, :, 0][~marked]).all()
    np.testing.assert_allclose(deleted + inserted, np.broadcast_to(image + image.mean(), deleted.shape))
    assert [int((each[:, :, 0] == image.mean()).sum()) for each in deleted] == sorted(
        int((each[:, :, 0] == image.mean()).sum()) for each in deleted
    )


@pytest.mark.parametrize(("map_of_spot", "better"), [(True, True), (False, False)])
def test_a_map_of_what_decides_is_better_than_random_and_one_of_the_rest_is_not(map_of_spot, better):
    """The probability is the brightness of the one spot."""
    image = np.zeros((8, 8, 1), np.float32)
    image[2, 5] = 1
    cells = image[:, :, 0] if map_of_spot else 1 - image[:, :, 0]
    found = curves(image, {"grad_cam": cells}, lambda images: images[:, 2, 5, 0].astype(np.float64), 0)
    assert found["grad_cam"].shape == (2, STEPS + 1)
    assert found["grad_cam"][0, 0] == found["grad_cam"][1, -1] == 1
    assert found["grad_cam"][0, -1] == found["grad_cam"][1, 0] == pytest.approx(1 / 64)
    block = erasing_block([found], "grad_cam")
    assert block["better_than_random"] is better
    assert block["fractions"] == list(FRACTIONS)


def test_without_images_there_is_no_verdict():
    assert erasing_block([], "grad_cam") is None
