from functools import cache

import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.uncertainty import Asked, uncertainty_blocks


def made_up_predictions(classes, *, validation=60, test=90):
    """Predictions and index of images of two in a group, of women and men."""
    rng = np.random.default_rng(0)
    n = validation + test
    labels = rng.integers(len(classes), size=n)
    scores = np.exp(rng.normal(size=(n, len(classes))) + 1.5 * np.eye(len(classes))[labels])
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    names = np.array(classes)
    ids = [f"image-{number}" for number in range(n)]
    predictions = pd.DataFrame({"image_id": ids, "group": [f"group-{number // 2}" for number in range(n)]})
    predictions["split"] = ["validation"] * validation + ["test"] * test
    predictions["label"] = names[labels]
    predictions["predicted"] = names[probabilities.argmax(axis=1)]
    columns = {f"p_{name}": probabilities[:, number] for number, name in enumerate(classes)}
    index = pd.DataFrame({"image_id": ids, "official_split": "train", "sex": rng.choice(["f", "m"], n)})
    return predictions.assign(**columns), index


@cache
def uncertainty_file(classes=("a", "b"), *, is_binary=False, validation=60) -> dict:
    """The blocks of uncertainty as ``metrics.json`` has them."""
    predictions, index = made_up_predictions(classes, validation=validation)
    asked = Asked(
        is_binary=is_binary,
        validation_chose_epoch=True,
        subgroups={"sex": []},
        prevalence=0.1 if is_binary else None,
        thresholds=(0.05, 0.4) if is_binary else None,
        conformal_level=0.9,
        confidence=0.95,
        replicates=50,
        seed=0,
    )
    return uncertainty_blocks(predictions, index, classes, asked)
