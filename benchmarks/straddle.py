"""How often the straddle check finds hidden patients, and how often it finds them where there are none.

Cohorts are drawn: every image is a smooth field of its class, one of its patient and one of its own, and the
patient's share of the variance between images of a class is given. Files are numbered patient by patient, or
at random; or patients are known, and nothing is hidden; or names tell patients in other ways. Of a
cohort that was audited, the images are numbered likewise, group by group (patients, lesions, or twins,
whatever is known) or at random.

    python benchmarks/straddle.py [--cohorts 400] [--audited chest] [--only numbers known names cost]
"""

import argparse
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.names import Part, parts_of
from s3f_pipeline.splits.order_evidence import order_evidence
from s3f_pipeline.splits.sequence import orders_of
from s3f_pipeline.splits.straddle import ORDER, order_verdict, straddle_check

SIDE, GRID = 32, 5  # a field has GRID x GRID degrees of freedom: pairs of images correlate at 0 ± 0.2
IMAGES, PER_PATIENT = 500, 10
SHARES = (0.05, 0.1, 0.3, 0.5)
PERMUTATIONS = 199
KNOWN = ((60, 6, 0.3), (80, 4, 0.3), (80, 4, 0.0), (100, 2, 0.3), (150, 2, 0.3))
"""Patients, images of each, and the patient's share of the variance, where patients are known."""
NAMED = {"case_slice": (20, 50), "folders": (60, 10), "dates": (50, 10), "sides": (250, 2)}
"""Patients, and images of each, by how names tell them."""
DATA = Path("data")


def fields(rng: np.random.Generator, count: int) -> np.ndarray:
    """Smooth random fields of variance near 1, float32 of shape (count, SIDE, SIDE)."""
    coarse = rng.normal(size=(count, GRID, GRID)).astype(np.float32)
    return np.stack([cv2.resize(field, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for field in coarse])


def file_name(names: str, row: int, patient: int, place: int) -> str:
    """Name a file: by its number, or by its patient and its place among the patient's images."""
    visit = pd.Timestamp("2021-01-04 08:00") + pd.Timedelta(days=5 * patient, minutes=7 * patient % 480)
    named = {
        "numbers": f"case ({row})",
        "case_slice": f"case_{patient:02d}_slice_{place:02d}",
        "folders": f"patient_{patient:03d}/img_{place:02d}",
        "dates": f"{visit + pd.Timedelta(seconds=20 * place):%d-%m-%Y_%H-%M-%S}",
        "sides": f"{patient:04d}_{'LR'[place % 2]}",
    }
    return named[names]


def draw_cohort(
    rng: np.random.Generator,
    *,
    share: float,
    in_order: bool,
    images: int = IMAGES,
    per_patient: int = PER_PATIENT,
    classes: int = 1,
    twins: float = 0.0,
    known: bool = False,
    names: str = "numbers",
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
        known: Whether groups name the patients.
        names: How files are named; see ``file_name``.
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
    ids = [file_name(names, row, row // per_patient, row % per_patient) for row in range(images)]
    index = pd.DataFrame(
        {
            "image_id": ids,
            "path": [f"{kind}/{name}.png" for kind, name in zip(label, ids, strict=True)],
            "label": pd.Series(label).astype("string"),
            "official_split": pd.array([None] * images, "string"),
        }
    )
    groups = pd.DataFrame({"image_id": ids, "group": twin_set, "twin_set": twin_set})
    if known:
        groups["group"] = [f"patient {number}" for number in patient]
    groups["group"] = groups["group"].fillna(groups["image_id"])
    thumbnails = np.clip(np.rint(128 + 25 * pictures), 0, 255).astype(np.uint8)
    return index, thumbnails, groups


@dataclass(frozen=True)
class Named:
    """What the names of a cohort tell: its orders, and the parts that files share."""

    orders: dict[int, pd.DataFrame]
    parts: dict[Part, pd.Series]

    @classmethod
    def read(cls, index: pd.DataFrame) -> Self:
        """Read the names of an index."""
        return cls(orders_of(index), parts_of(index))


def verdict(named: Named, thumbnails: np.ndarray, group: pd.Series, seed: int) -> str:
    """Verdict of the check on one cohort."""
    features = likeness_features(thumbnails)
    options = {"twin_set": group, "permutations": PERMUTATIONS, "seed": seed}
    return order_verdict(
        order_evidence(features, named.orders, parts=named.parts, **options), len(thumbnails)
    )


def rate(cohorts: int, **options: Any) -> float:
    """Share of drawn cohorts in which an order is found; names are the same in all of them."""
    found, named = 0, None
    for cohort in range(cohorts):
        index, thumbnails, groups = draw_cohort(np.random.default_rng(cohort), **options)
        named = named or Named.read(index)
        found += verdict(named, thumbnails, groups["group"], cohort) == ORDER
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
        found += verdict(Named.read(numbered), pictures, chosen["twin_set"], draw) == ORDER
    return found / cohorts


def main() -> None:
    """Print rates, and the cost of the whole check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohorts", type=int, default=400, help="of each kind")
    parser.add_argument("--audited", nargs="*", default=[], help="cohorts that were audited")
    parser.add_argument("--only", nargs="*", default=["numbers", "known", "names", "cost"])
    options = parser.parse_args()
    if "numbers" in options.only:
        rate_numbers(options.cohorts)
    if "known" in options.only:
        rate_known(options.cohorts)
    if "names" in options.only:
        rate_names(options.cohorts)
    for cohort in options.audited:
        print(
            f"{cohort}: {real_rate(options.cohorts, cohort, in_order=False):.1%} false alarms, "
            f"{real_rate(options.cohorts, cohort, in_order=True):.1%} found group by group",
            flush=True,
        )
    if "cost" in options.only:
        measure_cost()


def rate_numbers(cohorts: int) -> None:
    """Print rates where files are numbered."""
    kinds = {"one class": {}, "four classes": {"classes": 4}, "a tenth has a twin beside it": {"twins": 0.1}}
    for name, kind in kinds.items():
        alarms = rate(cohorts, share=0.3, in_order=False, **kind)
        print(f"{name}, random order: {alarms:.1%} false alarms", flush=True)
        for share in SHARES:
            power = rate(cohorts, share=share, in_order=True, **kind)
            print(f"{name}, {share:.0%} of the variance between patients: {power:.1%} found", flush=True)


def rate_known(cohorts: int) -> None:
    """Print rates where patients lie in blocks, in random order, and are known: nothing is hidden."""
    for patients, per_patient, share in KNOWN:
        size = {"images": patients * per_patient, "per_patient": per_patient}
        alarms = rate(cohorts, share=share, in_order=True, known=True, **size)
        print(
            f"{patients} known patients of {per_patient} images, {share:.0%} of the variance between them: "
            f"{alarms:.1%} false alarms",
            flush=True,
        )


def rate_names(cohorts: int) -> None:
    """Print rates where names tell patients, and where such names were dealt at random."""
    for names, (patients, per_patient) in NAMED.items():
        size = {"images": patients * per_patient, "per_patient": per_patient, "names": names}
        alarms = rate(cohorts, share=0.3, in_order=False, **size)
        powers = [f"{rate(cohorts, share=share, in_order=True, **size):.1%}" for share in SHARES[:3]]
        print(
            f"{names}, {patients} patients of {per_patient} images: {alarms:.1%} false alarms, "
            f"{', '.join(powers)} found ({', '.join(f'{share:.0%}' for share in SHARES[:3])})",
            flush=True,
        )


def measure_cost() -> None:
    """Print what the whole check takes for 10,000 images."""
    index, thumbnails, groups = draw_cohort(
        np.random.default_rng(0), share=0.3, in_order=True, images=10_000, classes=4
    )
    side = np.random.default_rng(0).choice(["train", "validation", "test"], len(index), p=[0.7, 0.1, 0.2])
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    straddle_check(index, likeness_features(thumbnails), groups, index[["image_id"]].assign(split=side))
    took, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"10,000 images: {took:.1f} CPU s, peak {(peak - before) / 1e3:.0f} MB beyond {before / 1e3:.0f}")


if __name__ == "__main__":
    main()
