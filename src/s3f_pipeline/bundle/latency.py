"""How long networks take for one image."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.errors import S3FError
from s3f_pipeline.turns import in_turns

ROUNDS = 21
logger = logging.getLogger(__name__)


def latencies(folders: Mapping[str, Path]) -> dict[str, float]:
    """Measure the seconds that networks take for one image on this machine.

    The networks take turns, so that whatever else the machine does meets all of them. The image is that of
    the bundle; neither reading a file nor compiling the network counts.

    Args:
        folders: Bundle of each network, by name.

    Returns:
        Medians by name; a network whose bundle cannot be opened is left out, and a line of the log says why.
    """
    passes = {}
    for name, folder in folders.items():
        try:
            passes[name] = _pass_over_one_image(folder)
        except S3FError as error:
            logger.warning("The time that %s takes for one image is not known: %s", name, error)
    return dict(zip(passes, in_turns(list(passes.values()), ROUNDS), strict=True))


def _pass_over_one_image(folder: Path) -> Callable[[], object]:
    bundle = open_bundle(folder)
    network, image = bundle.network, bundle.example.image[None]
    return lambda: network(image)
