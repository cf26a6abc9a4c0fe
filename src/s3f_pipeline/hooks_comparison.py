"""What is logged of comparisons, of the effects of a leak, and of the leaderboard."""

import logging
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from s3f_pipeline.hooks_sets import SetOfRunsHooks
from s3f_pipeline.pipelines.stages import COMPARISON, LEADERBOARD, LEAKAGE_EFFECT
from s3f_pipeline.process_group import this_process
from s3f_pipeline.results import FinishedRun
from s3f_pipeline.results.comparison import Comparison
from s3f_pipeline.results.leakage_effect import LeakageEffect

logger = logging.getLogger(__name__)


class ComparisonHooks(SetOfRunsHooks):
    """Log a comparison of networks."""

    STAGE = COMPARISON
    RESULT = Comparison

    def runs(self, namespace: str, inputs: dict[str, Any]) -> list[FinishedRun]:
        """All runs, if they are of two networks."""
        runs: list[FinishedRun] = inputs.get(f"{namespace}.runs", [])
        return runs if len({run.id.variant for run in runs}) > 1 else []

    def title(self, first: FinishedRun) -> str:
        """Say under which protocol."""
        return f"{COMPARISON} {first.id.protocol}"

    def metrics(self, result: dict[str, Any]) -> dict[str, float]:
        """The deciding figure of each network."""
        figure = result["figure"]
        return {
            f"{name}_{figure}": network["figures"][figure]["mean"]
            for name, network in result["networks"].items()
        }

    def tags(self, result: dict[str, Any]) -> dict[str, str]:
        """The advice."""
        return {"advice": result["advice"]["network"] or "none"}

    def tell(self, result: dict[str, Any]) -> None:
        """Say what each pair comes to, and the advice."""
        for pair in result["pairs"]:
            logger.info(
                "%s against %s: %s (%+.4f %s)",
                pair["first"], pair["second"], pair["verdict"], pair["difference"], result["figure"],
            )  # fmt: skip
        advice = result["advice"]
        logger.info("Advice by validation: %s", advice["network"] or f"none, {advice['why_none']}")


class LeakageEffectHooks(SetOfRunsHooks):
    """Log what a leak is worth."""

    STAGE = LEAKAGE_EFFECT
    RESULT = LeakageEffect

    def runs(self, namespace: str, inputs: dict[str, Any]) -> list[FinishedRun]:
        """The runs of both sides, if there are any."""
        sides = [inputs.get(f"{namespace}.{side}.runs", []) for side in ("leak_free", "leaking")]
        return [run for side in sides for run in side] if all(sides) else []

    def title(self, first: FinishedRun) -> str:
        """Name the stage."""
        return LEAKAGE_EFFECT

    def metrics(self, result: dict[str, Any]) -> dict[str, float]:
        """Effects on each set of images, as ``<network>_<images>_<figure>_effect``."""
        return {
            f"{name}_{which}_{figure}_effect": effect["difference"]["value"]
            for name, network in result["networks"].items()
            for which, images in network["images"].items()
            for figure, effect in images["effects"].items()
        }

    def tags(self, result: dict[str, Any]) -> dict[str, str]:
        """The kind of leak."""
        return {"leak": result["leak"]}

    def tell(self, result: dict[str, Any]) -> None:
        """Say what the leak does to the deciding figure of each network."""
        figure = result["figure"]
        for name, network in result["networks"].items():
            for which, images in network["images"].items():
                if effect := images["effects"].get(figure):
                    logger.info(
                        "%s with the leak, %s (%d test images): %s (%+.4f %s)",
                        name, which, images["images"], network["verdicts"][which]["verdict"],
                        effect["difference"]["value"], figure,
                    )  # fmt: skip


class LeaderboardHooks:
    """Tell where the leaderboard is."""

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log the path of the page."""
        if this_process().leads and any(LEADERBOARD in node.tags for node in pipeline.nodes):
            logger.info("Leaderboard: %s", catalog["leaderboard.page"].filepath)
