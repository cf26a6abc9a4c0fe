import pytest

from s3f_pipeline.comparison.holm import holm


def test_holm_by_hand():
    """As statsmodels 0.15.0, multipletests(method="holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_p_is_at_most_one_and_no_question_stays_none():
    assert holm([0.8, None, 0.9]) == [1.0, None, 1.0]
    assert holm([]) == []
    assert holm([None]) == [None]
