"""What the report says of an explanation, in words; every figure is that of ``explanation.json``."""

from collections.abc import Mapping
from typing import Any

from s3f_pipeline.reporting.explanation_pictures import shrunk
from s3f_pipeline.reporting.explanation_plots import METHOD_NAMES
from s3f_pipeline.reporting.formats import percent
from s3f_pipeline.results.explanation import Agreement, Branches, Explanation, MapMethod, Needed

LARGEST_STRIP = 480
"""Pixels of three pictures side by side, as the page embeds them."""
STRIPS = ("shown-", "neighbours-")
MAP_TEXTS = {
    True: "{name} passes both tests: its maps change when the network forgets what it has learned, and what "
    "they mark matters more than places at random.",
    None: "{name} could not be tested: there are too few maps.",
}
FAILED_RANDOMISATION = (
    "its maps stay as alike when all weights are random as maps of two different images are: they show the "
    "image and not what the network has learned"
)
FAILED_ERASING = "what its maps mark matters no more to the network than places at random"


def words(explanation: Explanation) -> dict[str, Any]:
    """Sentences of the section on explanations.

    Returns:
        ``branches`` (a sentence, ``None`` without branches), ``needed`` (sentences on frequencies) and
        ``maps`` {method: its name, sentence}.
    """
    place = explanation.place
    return {
        "branches": branches_text(explanation.branches) if explanation.branches else None,
        "needed": needed_text(explanation.frequency.removal.needed),
        "maps": {
            method: (METHOD_NAMES[method], map_text(METHOD_NAMES[method], found))
            for method, found in (place.methods.items() if place else ())
        },
    }


def branches_text(branches: Branches) -> str:
    """Say what the score says, what the influence says, and whether they tell the same story."""
    sizes, share, found = (
        branches.shares.balanced.overall.values,
        branches.influence.share,
        branches.agreement,
    )
    told = [
        f"By size, the {name} branch has {percent((sizes[name] or 0) / 100)}" for name in branches.names[:1]
    ]
    told[0] += f" of the balanced score and the {branches.names[1]} branch the rest"
    if share is None:
        told.append("no branch is missed when it sees other images, so nothing is owed to either")
    else:
        owed = " and ".join(f"{percent(share[name] / 100)} to the {name} branch" for name in branches.names)
        told.append(f"of what is lost when branches see other images, the network owes {owed}")
    return f"{told[0]}; {told[1]}. {_verdict(found)}"


def _verdict(found: Agreement) -> str:
    match found.verdict:
        case "agree":
            return f"Both name the {found.named_by_influence} branch."
        case "disagree":
            return (
                f"The two disagree: the decision hangs on the {found.named_by_influence} branch in another "
                f"measure than the size of the vectors says. The score tells how large a vector is, not "
                f"whether it is used."
            )
    return "These images do not tell which branch the decision hangs on more, or which is larger."


def needed_text(needed: Needed) -> str:
    """Say which frequencies the network can do without, and which it can do without least."""
    told = []
    if needed.up_to is None:
        told.append("It needs the highest frequencies")
    else:
        told.append(
            f"It does nearly as well with the frequencies up to {needed.up_to:g} cycles per image alone"
        )
    if needed.above is None:
        told.append("it cannot do without the lowest ones")
    else:
        told.append(f"it does nearly as well without those up to {needed.above:g}")
    octave = needed.octave
    band = f"above {octave.low:g}" if octave.high is None else f"from {octave.low:g} to {octave.high:g}"
    return (
        f"{'; '.join(told)}. Nearly as well: at most 5 points less, of accuracy and of macro F1. Of single "
        f"octaves it misses, by macro F1, that {band} cycles most, and is right in "
        f"{percent(octave.accuracy)} without it."
    )


def map_text(name: str, found: MapMethod) -> str:
    """Say whether maps of a method can be trusted, and why not."""
    if found.trusted is not False:
        return MAP_TEXTS[found.trusted].format(name=name)
    why = [FAILED_RANDOMISATION] if not found.randomisation.passes else []
    why += [FAILED_ERASING] if found.erasing and not found.erasing.better_than_random else []
    return f"{name} is not to be trusted here: {', and '.join(why)}."


def fit_to_page(pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Pictures as the page embeds them: images and their maps smaller, plots as they are."""
    return {
        name: shrunk(png, LARGEST_STRIP) if name.startswith(STRIPS) else png for name, png in pictures.items()
    }
