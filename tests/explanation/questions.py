import keras
import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.predictions import predictions_table
from s3f_pipeline.explanation.question import Question
from s3f_pipeline.explanation.settings import ExplanationSettings
from s3f_pipeline.training.prediction import Predictor

SETTINGS = ExplanationSettings(
    images=5, training_images=6, pictures=1, neighbours=2, suspicious_labels=3, seed=0
)


def question_of(model, shape, classes, *, test_labels=None, settings=SETTINGS, initial=None) -> Question:
    """Ask about a network on images drawn at random: 9 training, then 12 test images, two in a group."""
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(21, *shape), dtype=np.uint8)
    labels = np.arange(21) % len(classes)
    if test_labels is not None:
        labels[9:] = test_labels
    names = [classes[number] for number in labels]
    table = pd.DataFrame({"image_id": [f"image-{number}" for number in range(21)], "label": names})
    table["group"] = [f"group-{number // 2}" for number in range(21)]
    table["split"] = ["train"] * 9 + ["test"] * 12
    rows = np.arange(21)
    probabilities = Predictor(model).of_rows(images, rows[9:], 4)
    test = predictions_table(table.iloc[9:], names[9:], probabilities, classes)
    return Question(
        model=model, images=images, classes=classes, test=test, test_rows=rows[9:], training=table.iloc[:9],
        training_rows=rows[:9], held_out=test, settings=settings, replicates=200, confidence=0.95,
        batch_size=4, initial=initial,
    )  # fmt: skip


def pooled(shape, outputs, *, channels=3, size=1, **convolution) -> keras.Model:
    """One convolution, the mean over its map, and logits."""
    images = keras.Input(shape, name="images")
    maps = keras.layers.Conv2D(channels, size, padding="same", name="maps", **convolution)(images)
    vector = keras.layers.GlobalAveragePooling2D(name="vector")(maps)
    logits = keras.layers.Dense(outputs, name="logits")(vector)
    activation = "sigmoid" if outputs == 1 else "softmax"
    return keras.Model(images, keras.layers.Activation(activation, name="probabilities")(logits))
