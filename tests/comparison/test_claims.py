import pytest

from s3f_pipeline.comparison.claims import p_claim_false_range
from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader
from s3f_pipeline.errors import EvaluationError


@pytest.mark.parametrize(
    ("claim", "low", "high"),
    [
        ((0.9876, 0.9827, 1010), 0.016, 0.18),  # BRISC
        ((0.8782, 0.8430, 156), 0.011, 0.20),  # BUSI
        ((0.9311, 0.8798, 624), 0.0, 0.002),  # chest
        ((0.6931, 0.6554, 1512), 0.0, 0.035),  # HAM10000
    ],
)
def test_the_headline_claims_of_s3f_net(claim, low, high):
    found = p_claim_false_range(*claim)
    assert found[0] == pytest.approx(low, abs=5e-4)
    assert found[1] == pytest.approx(high, abs=5e-3 if high > 0.1 else 5e-4)


def test_equal_accuracies_are_a_coin_toss():
    assert p_claim_false_range(0.5, 0.5, 10) == (0.5, 0.5)


def test_one_who_is_always_right_leaves_a_single_congruence():
    low, high = p_claim_false_range(1.0, 0.5, 4)
    assert low == high == pytest.approx(0.125)  # 2 discordant images: I_1/2(3, 1)


@pytest.mark.parametrize("claim", [(1.2, 0.5, 10), (0.5, -0.1, 10), (0.5, 0.5, 0)])
def test_what_is_no_accuracy_is_refused(claim):
    with pytest.raises(EvaluationError, match="must lie in"):
        p_claim_false_range(*claim)


def test_the_claims_of_the_configuration_are_judged():
    loader = ProjectConfigLoader(str(PROJECT / "conf"), base_env="base", default_run_env="local")
    for name in ("brisc", "chest", "busi", "ham"):
        (claim,) = loader.cohort(name).published_claims
        low, high = p_claim_false_range(claim.accuracy, claim.other_accuracy, claim.test_images)
        assert 0 <= low <= high < 0.21
    ProjectConfigLoader.current = None
