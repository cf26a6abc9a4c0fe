"""What an explanation costs, against plain forward passes over the same test images.

Printed are the seconds of forward passes over all test images, of the whole explanation with its pictures and
what it is a multiple of, in time and in CPU time, and the highest memory of the process before and after. The
network is as it begins: what it costs does not hang on what it has learned.

    python benchmarks/explanation.py [--variant bilinear_sn1] [--size 256] [--images 1000]
"""

import argparse
import json
import os
import resource
import time

import numpy as np
import pandas as pd

CLASSES = ["a", "b", "c", "d"]
TRAINING = 400
BATCH = 16
WANTED = {"time": 4.0, "memory": 1.5}


def peak() -> float:
    """Highest memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure one network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", default="bilinear_sn1")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--images", type=int, default=1000)
    asked = parser.parse_args()

    from s3f_pipeline.evaluation.predictions import predictions_table
    from s3f_pipeline.explanation.explain import explain
    from s3f_pipeline.explanation.question import Question
    from s3f_pipeline.explanation.settings import ExplanationSettings
    from s3f_pipeline.models import build_model
    from s3f_pipeline.reporting.explanation_pictures import draw_explanation
    from s3f_pipeline.results.decoding import decode
    from s3f_pipeline.results.explanation import Explanation
    from s3f_pipeline.training.prediction import Predictor

    count = TRAINING + asked.images
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(count, asked.size, asked.size, 1), dtype=np.uint8)
    names = [CLASSES[number % len(CLASSES)] for number in range(count)]
    table = pd.DataFrame({"image_id": [f"image-{number}" for number in range(count)], "label": names})
    table = table.assign(group=table["image_id"], split=["train"] * TRAINING + ["test"] * asked.images)
    model = build_model(asked.variant, (asked.size, asked.size, 1), len(CLASSES))
    predictor, rows = Predictor(model), np.arange(count)
    predictor.of_rows(images, rows[:BATCH], BATCH)

    began, worked = time.perf_counter(), time.process_time()
    probabilities = predictor.of_rows(images, rows[TRAINING:], BATCH)
    forward, memory = time.perf_counter() - began, peak()
    forward_work = time.process_time() - worked
    test = predictions_table(table.iloc[TRAINING:], names[TRAINING:], probabilities, CLASSES)
    settings = ExplanationSettings(
        images=64, training_images=256, pictures=1, neighbours=3, suspicious_labels=20, seed=0
    )
    question = Question(
        model=model, images=images, classes=CLASSES, test=test, test_rows=rows[TRAINING:],
        training=table.iloc[:TRAINING], training_rows=rows[:TRAINING], held_out=test, settings=settings,
        replicates=2000, confidence=0.95, batch_size=BATCH,
        initial=lambda: build_model(asked.variant, (asked.size, asked.size, 1), len(CLASSES)),
    )  # fmt: skip
    began, worked = time.perf_counter(), time.process_time()
    content, arrays = explain(question)
    explained = time.perf_counter() - began
    run = {"cohort": "x", "protocol": "patient_safe", "variant": asked.variant, "seed": 0, "fold": None}
    found = decode(Explanation, json.loads(json.dumps({**run, **content})))
    draw_explanation(found, arrays, {name: name for name in CLASSES})
    taken, work = time.perf_counter() - began, time.process_time() - worked
    print(
        f"{asked.variant} {asked.size}, {asked.images} images, load {os.getloadavg()[0]:.1f}: forward passes "
        f"{forward:.1f} s; explanation {explained:.1f} s, with pictures {taken:.1f} s, {taken / forward:.2f} "
        f"times (at most {WANTED['time']:.0f}; by CPU time, which other processes do not lengthen, "
        f"{work / forward_work:.2f}); memory {memory:.2f} GB, then {peak():.2f} GB, "
        f"{peak() / memory:.2f} times (at most {WANTED['memory']:.1f})"
    )


if __name__ == "__main__":
    main()
