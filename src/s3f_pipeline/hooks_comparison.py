"""What is logged of comparisons, of the effects of a leak, and of the leaderboard."""

import logging
from typing import Any, cast

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from s3f_pipeline.bundle.contents import MODEL, checksum_of, read_checksums
from s3f_pipeline.comparison.aliases import Placed, place_networks
from s3f_pipeline.config.names import Experiment
from s3f_pipeline.config.schema import Protocol
from s3f_pipeline.errors import BundleError
from s3f_pipeline.hooks_sets import SetOfRunsHooks
from s3f_pipeline.pipelines.stages import COMPARISON, LEADERBOARD, LEAKAGE_EFFECT
from s3f_pipeline.process_group import this_process
from s3f_pipeline.results import FinishedRun
from s3f_pipeline.results.advice import Advice
from s3f_pipeline.results.comparison import Comparison
from s3f_pipeline.results.leakage_effect import LeakageEffect
from s3f_pipeline.tracking.registry import CHALLENGER, CHAMPION, registered_name
from s3f_pipeline.tracking.run import RUN

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

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log what the stage has written; by the advice, versions of registered models get their aliases.

        The advice is saved before predictions of test images are read.
        """
        super().after_dataset_saved(dataset_name, data, node)
        if self._runs and dataset_name.endswith(".advice") and self._mlflow.registry.enabled:
            for placed in place_networks(self._runs, Advice(**data)):
                _place(placed)

    def tell(self, result: dict[str, Any]) -> None:
        """Say what each pair comes to, and the advice."""
        for pair in result["pairs"]:
            logger.info(
                "%s against %s: %s (%+.4f %s)",
                pair["first"], pair["second"], pair["verdict"], pair["difference"], result["figure"],
            )  # fmt: skip
        advice = result["advice"]
        logger.info("Advice by validation: %s", advice["network"] or f"none, {advice['why_none']}")


def _place(placed: Placed) -> None:
    """Give the registered version of a run its alias, unless the bundle of the run is yet to be made."""
    run = placed.run
    try:
        sums = read_checksums(run.bundle_folder)
    except BundleError:
        return
    network = run.trained.content("model")
    if network is None or sums.get(MODEL) != network.sha256:
        return
    protocol = cast(Protocol, run.id.protocol)
    name = registered_name(
        Experiment(run.id.cohort, protocol, run.id.variant).pipeline, synthetic=run.metrics.synthetic
    )
    alias = CHAMPION if placed.is_champion else CHALLENGER
    RUN.place(name, checksum_of(sums), alias, placed.reason)


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
