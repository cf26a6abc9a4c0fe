"""Small cohorts that hypothesis draws, for everything that splits."""

import pandas as pd
from hypothesis import strategies as st

LABELS = "xyz"
OPTIONS = {"validation_share": 0.2, "test_share": 0.2, "seed": 0, "contradictory": "exclude"}


def frame(rows):
    return pd.DataFrame(rows, columns=["image_id", "label", "subject", "official_split"]).astype("string")


def twins_of(rows):
    return pd.DataFrame(rows, columns=["first", "second", "kind"]).astype("string")


def plain(*official):
    """Six images of each class to train on, and one on every other official side, all without twins."""
    sides = ["train" if official else None] * 6 + [side for side in official if side != "train"]
    return [
        (f"plain-{label}-{side}-{number}", label, None, side)
        for label in LABELS
        for number, side in enumerate(sides)
    ]


@st.composite
def cohorts(draw, *official):
    """An index and twins: plain images, and others with any patient, label, split and twin."""
    sides = st.sampled_from(official) if official else st.none()
    patients = st.one_of(st.none(), st.sampled_from(["p", "q", "r", "s", "t"]))
    facts = draw(st.lists(st.tuples(st.sampled_from(LABELS), patients, sides), min_size=2, max_size=30))
    rows = [(f"image-{number:02d}", *fact) for number, fact in enumerate(facts)]
    ids = st.sampled_from([row[0] for row in rows])
    pairs = draw(st.lists(st.tuples(ids, ids, st.sampled_from(["exact", "near"])), max_size=12))
    index = frame(draw(st.permutations(rows + plain(*official))))
    return index, twins_of([pair for pair in pairs if pair[0] < pair[1]])


OFFICIAL_SIDES = [(), ("train", "test"), ("train", "validation"), ("train", "validation", "test")]
any_cohort = st.sampled_from(OFFICIAL_SIDES).flatmap(lambda official: cohorts(*official))


def officially(index, side):
    return index["official_split"].eq(side).fillna(False).astype(bool)
