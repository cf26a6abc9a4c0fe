"""Finished runs with and without a leak, with simulated predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
from result_files import metrics_file, training_file, write_run
from simulated_runs import CLASSES, LAYERS, images

from s3f_pipeline.origins import table_hash
from s3f_pipeline.results import RunId

COHORT = "busi"
TRAINED = 100


def is_concerned(shown: pd.DataFrame) -> pd.Series:
    """Of the groups with two images, something leaks."""
    return shown["group"].map(shown["group"].value_counts()) == 2


def write_sides(
    root: Path,
    *,
    gain: float = 0.25,
    skill: float = 0.7,
    seeds=(0, 1, 2),
    networks=("spatial",),
    groups: int = 200,
    concerned=is_concerned,
    **training,
) -> None:
    """Write index, both splits, and runs of which those that leak name more of the concerned images right."""
    shown = images("test", groups, 1)
    marked = concerned(shown)
    write_cohort(root, shown, marked)
    for side, more in (("leak_free", 0.0), ("leaking", gain)):
        for name in networks:
            for seed in seeds:
                rng = np.random.default_rng([seed, *f"{side}{name}".encode()])
                write_side(
                    root, RunId(COHORT, side, name, seed), answer(shown, skill + more * marked, rng), training
                )


def answer(shown: pd.DataFrame, skill: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Name an image right where it is easier than the skill."""
    hard = 0.75 * shown["hardness"] + 0.25 * rng.random(len(shown))
    sure = 1 / (1 + np.exp(-8 * (skill - hard)))
    first = np.where(shown["label"] == CLASSES[0], sure, 1 - sure)
    table = shown.drop(columns="hardness").assign(predicted=np.where(first >= 0.5, *CLASSES))
    return table.assign(p_benign=first, p_malignant=1 - first)


def write_cohort(
    root: Path, shown: pd.DataFrame, marked: pd.Series, *, leak: str = "leak: twin in test"
) -> None:
    """Write the index, and splits in which the first ten training images leak, or are replaced."""
    trained = pd.DataFrame({"image_id": [f"train_{place:03d}" for place in range(TRAINED + 10)]})
    trained = trained.assign(group=trained["image_id"], label=[CLASSES[place % 2] for place in trained.index])
    both = pd.concat([shown, trained], ignore_index=True)
    index = both[["image_id", "label"]].assign(sha256="0")
    save(index, root / f"02_intermediate/{COHORT}/index.parquet")
    for side in ("leak_free", "leaking"):
        splits = both[["image_id", "group"]].assign(split="train", reason="rest of the training images")
        test = splits.index < len(shown)
        reasons = np.where(marked, "official test image, with a leak", "official test image")
        splits.loc[test, "split"] = "test"
        splits.loc[test, "reason"] = reasons
        leaks, replaced = (splits.index[~test][slice(*ends)] for ends in ((0, 10), (10, 20)))
        out = replaced if side == "leaking" else leaks
        splits.loc[out, "split"] = "excluded"
        if side == "leaking":
            splits.loc[leaks, "reason"] = leak
        save(splits, root / f"05_model_input/{COHORT}/{side}/splits.parquet")


def save(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.attrs["schema_version"] = 1
    table.to_parquet(path)


def write_side(root: Path, run: RunId, predicted: pd.DataFrame, training: dict) -> None:
    index = pd.read_parquet(root / f"02_intermediate/{COHORT}/index.parquet")
    splits = pd.read_parquet(root / f"05_model_input/{COHORT}/{run.protocol}/splits.parquet")
    facts = training_file(run) | {
        "classes": CLASSES,
        "network": LAYERS,
        "data_hash": table_hash(index, ["image_id", "sha256", "label"]),
        "splits_hash": table_hash(splits, ["image_id", "group", "split"]),
        **training,
    }
    measured = metrics_file(run) | {"splits_hash": facts["splits_hash"]}
    predicted.attrs["schema_version"] = 1
    write_run(root, run, training=facts, metrics=measured, predicted=predicted)
