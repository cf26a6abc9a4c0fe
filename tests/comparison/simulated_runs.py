"""Finished runs with simulated predictions: real enough for every part of a comparison."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from result_files import metrics_file, training_file, write_run

from s3f_pipeline.results import RunId

CLASSES = ("benign", "malignant")
LAYERS = [{"name": "logits", "type": "Dense", "output_shape": [None, 2], "parameters": 1000}]


@dataclass(frozen=True)
class Network:
    """Skill: of how many images in 100 its runs name right, about; luck: of its seeds, in points.

    ``untrained``: seeds that call every image the first class.
    """

    skill: float
    luck: float = 1.0
    parameters: int = 1000
    untrained: tuple[int, ...] = ()


def images(split: str, groups: int, seed: int) -> pd.DataFrame:
    """Two images in every third group, one in the others; classes alternate; some are harder than others."""
    rng = np.random.default_rng(seed)
    sizes = np.where(np.arange(groups) % 3 == 0, 2, 1)
    numbers = np.repeat(np.arange(groups), sizes)
    table = pd.DataFrame({"image_id": [f"{split}_{place:04d}" for place in range(len(numbers))]})
    table["group"] = [f"{split}_group_{number}" for number in numbers]
    table["split"] = split
    table["label"] = [CLASSES[number % 2] for number in numbers]
    return table.assign(hardness=rng.random(groups)[numbers])


def predict(shown: pd.DataFrame, skill: float, rng: np.random.Generator) -> pd.DataFrame:
    """Name right about ``skill`` of the images, the easy ones rather."""
    luck = 0.75 * shown["hardness"].to_numpy() + 0.25 * rng.random(len(shown))
    sure = 1 / (1 + np.exp(-8 * (np.quantile(luck, skill) - luck)))
    first = np.where(shown["label"] == CLASSES[0], sure, 1 - sure)
    table = shown.drop(columns="hardness")
    table["predicted"] = np.where(first >= 0.5, *CLASSES)
    return table.assign(p_benign=first, p_malignant=1 - first)


def write_network(
    root: Path,
    name: str,
    network: Network,
    seeds=(0, 1, 2),
    fold: int | None = None,
    *,
    groups: int = 200,
    protocol: str = "patient_safe",
    **training,
) -> None:
    """Write the runs of one network on the same test and validation images as all others."""
    for seed in seeds:
        run = RunId("busi", protocol, name, seed, fold)
        rng = np.random.default_rng([seed, fold or 0, *name.encode()])
        skill = (network.skill + network.luck * rng.normal()) / 100
        sides = [("test", groups, 1 + (fold or 0))]
        on_test = protocol == "published"
        sides += [] if on_test else [("validation", groups // 2, 0)]
        table = pd.concat([predict(images(*side), skill, rng) for side in sides], ignore_index=True)
        if seed in network.untrained:
            table = table.assign(predicted=CLASSES[0], p_benign=0.6, p_malignant=0.4)
        table.attrs["schema_version"] = 1
        epochs = np.clip(skill + 0.02 * rng.normal(size=20), 0, 1)
        facts = training_file(run) | {
            "classes": CLASSES,
            "parameters": network.parameters,
            "network": LAYERS,
            "selected_epoch": int(epochs.argmax()) + 1,
            "epochs_run": 20,
            "selection_split": "test" if on_test else "validation",
            "selected_on_test": on_test,
            **training,
        }
        same = ("selected_epoch", "selection_split", "selected_on_test", "splits_hash")
        test = table[table["split"] == "test"]
        right = float((test["label"] == test["predicted"]).mean())
        measured = metrics_file(run, accuracy=right, balanced_accuracy=right)
        measured |= {key: facts[key] for key in same}
        if not on_test:
            measured["validation"] = measured["test"]
        history = pd.DataFrame({"epoch": range(1, 21), "selection_accuracy": epochs})
        write_run(root, run, training=facts, metrics=measured, predicted=table, history=history)
