"""Import rooms and train a tiny network; called with the names of the rooms."""

import pkgutil
import sys
from importlib import import_module

rooms = set(sys.argv[1].split(","))
imported = []
for room in sorted(rooms):
    package = import_module(room)
    for module in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{room}."):
        imported.append(import_module(module.name))

import numpy as np  # noqa: E402

from s3f_pipeline.models import build_model  # noqa: E402
from s3f_pipeline.recipe import TrainingSettings  # noqa: E402
from s3f_pipeline.splits.rows import SplitRows  # noqa: E402
from s3f_pipeline.training.fit import fit  # noqa: E402

images = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 1), dtype=np.uint8)
training, selection = SplitRows(np.arange(4), np.arange(4) % 2), SplitRows(np.arange(4, 8), np.arange(4) % 2)
settings = TrainingSettings(batch_size=4, epochs=1)
model = build_model("spectral_compact", (16, 16, 1), 2)
trained = fit(model, images, training, selection, ("ill", "well"), settings, seed=0)
assert np.isfinite(trained.history["loss"]).all()
print(len(imported))
