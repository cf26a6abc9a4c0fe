"""What training holds in memory does not grow with the data set."""

import json
import subprocess
import sys

import numpy as np
import pytest

TRAIN = """
import json, re, sys
from pathlib import Path
import keras
import numpy as np
import pytest
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.fit import fit
from s3f_pipeline.recipe import TrainingSettings

settings = TrainingSettings(1e-4, batch_size=8, epochs=2, selection_metric="accuracy")

def anonymous(epoch, figures):
    megabytes.append(int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)

images = np.load(sys.argv[1], mmap_mode="r")
rows = np.arange(len(images))
megabytes = []
model = keras.Sequential([
    keras.Input(images.shape[1:]), keras.layers.AveragePooling2D(64), keras.layers.Flatten(),
    keras.layers.Dense(2, activation="softmax"),
])
splits = [SplitRows(rows[part::2], rows[part::2] // 2 % 2) for part in (0, 1)]
fit(model, images, *splits, ("a", "b"), settings, seed=0, report=anonymous)
print(json.dumps(megabytes))
"""


def megabytes_of_training(path, count):
    np.save(path, np.zeros((count, 256, 256, 1), np.uint8))
    done = subprocess.run([sys.executable, "-c", TRAIN, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.long
def test_memory_does_not_grow_with_the_images_or_the_epochs(tmp_path):
    few = megabytes_of_training(tmp_path / "few.npy", 64)
    many = megabytes_of_training(tmp_path / "many.npy", 4096)  # 268 MB on disk, 1 GB as float32
    assert many[-1] - few[-1] < 60
    assert many[-1] - many[0] < 30
