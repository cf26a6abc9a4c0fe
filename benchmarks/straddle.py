"""How often the straddle check finds hidden patients, and how often it finds them where there are none.

Cohorts are drawn: every image is a smooth field of its class, one of its patient and one of its own, and the
patient's share of the variance between images of a class is given. Files are numbered patient by patient, or
at random. Of a cohort that was audited, the images are numbered likewise, group by group (patients, lesions,
or twins, whatever is known) or at random.

    python benchmarks/straddle.py [--cohorts 400] [--audited chest]
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.names import parts_of
from s3f_pipeline.splits.order_evidence import order_evidence
from s3f_pipeline.splits.sequence import orders_of
from s3f_pipeline.splits.straddle import ORDER, order_verdict, straddle_check

SIDE, GRID = 32, 5  # a field has GRID x GRID degrees of freedom: pairs of images correlate at 0 ± 0.2
IMAGES, PER_PATIENT = 500, 10
SHARES = (0.05, 0.1, 0.3, 0.5)
PERMUTATIONS = 199
DATA = Path("data")


def fields(rng: np.random.Generator, count: int) -> np.ndarray:
    """Smooth random fields of variance near 1, float32 of shape (count, SIDE, SIDE)."""
    coarse = rng.normal(size=(count, GRID, GRID)).astype(np.float32)
    return np.stack([cv2.resize(field, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for field in coarse])


def draw_cohort(
    rng: np.random.Generator,
    *,
    share: float,
    in_order: bool,
    images: int = IMAGES,
    per_patient: int = PER_PATIENT,
    classes: int = 1,
    twins: float = 0.0,
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Draw an index, thumbnails of shape (images, SIDE, SIDE) and groups.

    Args:
        rng: Source of all that is random.
        share: Of the variance between images of a class that lies between patients.
        in_order: Whether files are numbered patient by patient, or at random.
        images: Number of images, those of a patient being of one class.
        per_patient: Images per patient.
        classes: Number of classes.
        twins: Share of the images that are followed by a slightly changed copy of them, in place of the
            next image; they are marked in the groups.
    """
    patient = np.arange(images) // per_patient
    label = patient % classes
    own, between = np.sqrt(1 - share) * fields(rng, images), np.sqrt(share) * fields(rng, patient[-1] + 1)
    pictures = 2 * fields(rng, classes)[label] + between[patient] + own
    if not in_order:
        pictures[np.argsort(label, kind="stable")] = pictures[np.lexsort((rng.random(images), label))]
    twin_set = np.full(images, None, object)
    for row in np.flatnonzero(rng.random(images - 1) < twins):
        if label[row] == label[row + 1] and twin_set[row] is None:
            pictures[row + 1] = pictures[row] + 0.1 * rng.normal(size=(SIDE, SIDE))
            twin_set[[row, row + 1]] = f"twins {row}"
    ids = [f"case ({row})" for row in range(images)]
    index = pd.DataFrame(
        {
            "image_id": ids,
            "path": [f"{kind}/{name}.png" for kind, name in zip(label, ids, strict=True)],
            "label": pd.Series(label).astype("string"),
            "official_split": pd.array([None] * images, "string"),
        }
    )
    groups = pd.DataFrame({"image_id": ids, "group": twin_set, "twin_set": twin_set})
    groups["group"] = groups["group"].fillna(groups["image_id"])
    thumbnails = np.clip(np.rint(128 + 25 * pictures), 0, 255).astype(np.uint8)
    return index, thumbnails, groups


def verdict(index: pd.DataFrame, thumbnails: np.ndarray, twin_set: pd.Series, seed: int) -> str:
    """Verdict of the check on the order of one cohort."""
    evidence = order_evidence(
        likeness_features(thumbnails),
        orders_of(index),
        parts=parts_of(index),
        twin_set=twin_set,
        permutations=PERMUTATIONS,
        seed=seed,
    )
    return order_verdict(evidence, len(index))


def rate(cohorts: int, **options: Any) -> float:
    """Share of drawn cohorts in which an order is found."""
    found = 0
    for cohort in range(cohorts):
        index, thumbnails, groups = draw_cohort(np.random.default_rng(cohort), **options)
        found += verdict(index, thumbnails, groups["twin_set"], cohort) == ORDER
    return found / cohorts


def real_rate(cohorts: int, cohort: str, *, in_order: bool) -> float:
    """Share of orders of some real images of one class in which an order is found."""
    index = pd.read_parquet(DATA / "02_intermediate" / cohort / "index.parquet")
    thumbnails = np.load(DATA / "02_intermediate" / cohort / "thumbnails.npy", mmap_mode="r")
    groups = pd.read_parquet(DATA / "05_model_input" / cohort / "groups.parquet").set_index("image_id")
    table = index[["image_id", "label"]].join(groups, on="image_id")
    table = table[table["label"] == table["label"].mode()[0]]
    found = 0
    for draw in range(cohorts):
        rng = np.random.default_rng(draw)
        names = rng.permutation(table["group"].unique())
        place = pd.Series(np.arange(len(names)), index=names)
        chosen = table.assign(place=place.loc[table["group"]].to_numpy()).sort_values("place")[:IMAGES]
        if not in_order:
            chosen = chosen.sample(frac=1, random_state=draw)
        numbered = pd.DataFrame({"path": [f"case ({row})" for row in range(len(chosen))]}).assign(
            image_id=chosen["image_id"].to_numpy(), label="one", official_split=None
        )
        pictures = thumbnails[chosen.index]
        found += verdict(numbered, pictures, chosen["twin_set"], draw) == ORDER
    return found / cohorts


def main() -> None:
    """Print rates, and the cost of the whole check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohorts", type=int, default=400, help="of each kind")
    parser.add_argument("--audited", nargs="*", default=[], help="cohorts that were audited")
    options = parser.parse_args()
    kinds = {"one class": {}, "four classes": {"classes": 4}, "a tenth has a twin beside it": {"twins": 0.1}}
    for name, kind in kinds.items():
        alarms = rate(options.cohorts, share=0.3, in_order=False, **kind)
        print(f"{name}, random order: {alarms:.1%} false alarms", flush=True)
        for share in SHARES:
            power = rate(options.cohorts, share=share, in_order=True, **kind)
            print(f"{name}, {share:.0%} of the variance between patients: {power:.1%} found", flush=True)
    for cohort in options.audited:
        print(
            f"{cohort}: {real_rate(options.cohorts, cohort, in_order=False):.1%} false alarms, "
            f"{real_rate(options.cohorts, cohort, in_order=True):.1%} found group by group",
            flush=True,
        )
    measure_cost()


def measure_cost() -> None:
    """Print what the whole check takes for 10,000 images."""
    index, thumbnails, groups = draw_cohort(
        np.random.default_rng(0), share=0.3, in_order=True, images=10_000, classes=4
    )
    side = np.random.default_rng(0).choice(["train", "validation", "test"], len(index), p=[0.7, 0.1, 0.2])
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    straddle_check(index, thumbnails, groups, index[["image_id"]].assign(split=side))
    took, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"10,000 images: {took:.1f} CPU s, peak {(peak - before) / 1e3:.0f} MB beyond {before / 1e3:.0f}")


if __name__ == "__main__":
    main()
