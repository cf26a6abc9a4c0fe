"""All explanations of one network, in a fixed order and in constant memory."""

from functools import cached_property
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from s3f_pipeline.backend.functions import compile_function, compile_gradient
from s3f_pipeline.explanation.branches import agreement, influence_block, shares_block
from s3f_pipeline.explanation.cam import METHODS, is_empty, scaled
from s3f_pipeline.explanation.choice import choose_shown, spread_choice
from s3f_pipeline.explanation.erasing import passes_per_image
from s3f_pipeline.explanation.filters import (
    filter_layers,
    filters_block,
    magnitudes,
    most_changed,
    whole_spectrum,
)
from s3f_pipeline.explanation.frequency import Predict, removal_block, removal_passes, saliency_block
from s3f_pipeline.explanation.influence import Task
from s3f_pipeline.explanation.labels import suspicious_labels
from s3f_pipeline.explanation.logits import log_probabilities
from s3f_pipeline.explanation.neighbours import nearest, neighbours_block
from s3f_pipeline.explanation.parts import (
    NO_BRANCHES,
    NO_FILTERS,
    Maps,
    features_of,
    find_branches,
    find_maps,
    logits_of,
)
from s3f_pipeline.explanation.passes import Store, in_chunks
from s3f_pipeline.explanation.place import (
    Explained,
    Mapper,
    erasing_blocks,
    place_block,
    randomisation_block,
    randomisation_passes,
)
from s3f_pipeline.explanation.question import Question
from s3f_pipeline.explanation.shares import balanced_shares

NO_PICTURES = "No image is shown, as explanation.pictures is 0."
MAPS = [f"map_{name}" for name in METHODS]


def explain(question: Question) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Explain a network: branches, frequencies, places, neighbours, labels.

    Args:
        question: The network, and the images.

    Returns:
        What ``explanation.json`` holds beside the name of the run; what does not apply to the network is
        ``None``, and ``not_applicable`` says why in words. And what pictures are drawn from: ``labels`` of
        the test images; ``shares``, balanced, in percent (n, branches); ``initial_kernels`` and
        ``learned_kernels``, magnitudes (k, H, W) of the kernels of the first spectral filter that changed
        most; ``shown``, uint8 (m, H, W, C); ``map_<method>``, (m, h, w) with a highest value of 1;
        ``sampled_<method>``, float16, likewise of the images that were sampled; ``neighbours``, uint8 (wrong
        ones among those shown, neighbours, H, W, C).
    """
    settings = question.settings
    sampled = spread_choice(question.sample.labels, settings.images, settings.seed)
    chosen = choose_shown(question.sample, settings.pictures)
    known = spread_choice(
        pd.factorize(question.training["label"])[0].astype(np.int64), settings.training_images, settings.seed
    )
    places = np.array([each.place for each in chosen], np.int64)
    with tqdm(desc="Explaining", unit="image", mininterval=0.5, disable=None) as progress:
        store = Store(question.images, question.batch_size, progress.update)
        work = _Work(question, store)
        progress.total = work.passes(len(sampled), len(chosen), len(known))
        vectors, features = work.training_vectors(known)
        content = {
            "images": {
                "test": len(question.test_rows),
                "sampled": _ids(question.test, sampled),
                "training": _ids(question.training, known),
            },
            "branches": work.explain_branches(vectors),
            "frequency": work.explain_frequencies(sampled),
            "place": work.explain_places(sampled, places),
            "shown": work.show(places, [each.kind for each in chosen], known, features),
            "suspicious_labels": suspicious_labels(
                question.held_out, question.classes, settings.suspicious_labels
            ),
        }
    return {**content, "not_applicable": work.not_applicable}, work.arrays


class _Work:
    """The parts of an explanation, which share what is compiled.

    Args:
        question: The network, and the images.
        store: Passes images.

    Attributes:
        arrays: What pictures are drawn from.
        not_applicable: Why the network does not have a part, in words.
    """

    def __init__(self, question: Question, store: Store) -> None:
        """Take the network apart."""
        self._question, self._store = question, store
        self.arrays: dict[str, np.ndarray] = {"labels": question.sample.labels}
        self.not_applicable: dict[str, str] = {}
        self._branches = find_branches(question.model)
        self._maps = find_maps(question.model) if question.settings.pictures else NO_PICTURES
        self._outputs = logits_of(question.model).shape[-1]
        self._logits = keras.Model(question.model.input, logits_of(question.model))

    @cached_property
    def _predict(self) -> Predict:
        logits = compile_function(self._logits)
        return lambda batch: np.exp(log_probabilities(logits([batch])[0]))

    def passes(self, sampled: int, shown: int, known: int) -> int:
        """How many images go through the network in all, about."""
        total = known + sampled * (1 + removal_passes(*self._question.images.shape[1:3]))
        total += len(self._question.test_rows) if self._branches else 0
        if isinstance(self._maps, Maps):
            total += sampled + shown * (1 + randomisation_passes() + passes_per_image(len(METHODS)))
        return total

    def training_vectors(self, known: NDArray[np.int64]) -> tuple[list[np.ndarray], np.ndarray]:
        """Vectors of the branches, and features, of training images."""
        features = features_of(self._question.model)
        branches = self._branches.vectors.outputs if self._branches else []
        both = compile_function(keras.Model(features.input, [*branches, features.outputs[0]]))
        *vectors, found = self._store.run(both, self._question.training_rows[known])
        return vectors, found

    def explain_branches(self, training: list[np.ndarray]) -> dict[str, Any] | None:
        """Size and influence of the branches."""
        question = self._question
        if self._branches is None:
            self.not_applicable["branches"] = NO_BRANCHES
            return None
        names, head = self._branches.names, compile_function(self._branches.head)
        vectors = self._store.run(compile_function(self._branches.vectors), question.test_rows)
        grouped = question.grouped(np.arange(len(question.test_rows)))
        task = Task(lambda each: in_chunks(head, *each), vectors, grouped.labels, grouped.groups)
        kernel = question.model.get_layer("logits").get_weights()[0] if self._branches.is_linear else None
        shares = shares_block(names, vectors, grouped)
        influence = influence_block(
            names, task, training, grouped, kernel=kernel, seed=question.settings.seed
        )
        self.arrays["shares"] = balanced_shares(vectors)
        return {
            "names": list(names),
            "features": {name: each.shape[1] for name, each in zip(names, vectors, strict=True)},
            "shares": shares,
            "influence": influence,
            "agreement": agreement(shares, influence),
        }

    def explain_frequencies(self, sampled: NDArray[np.int64]) -> dict[str, Any]:
        """Filters, what can be taken out, and what moves the logits."""
        question, rows = self._question, self._question.test_rows[sampled]
        grouped = question.grouped(sampled)
        return {
            "filters": self._filters(),
            "removal": removal_block(self._store, rows, self._predict, grouped),
            "saliency": saliency_block(
                self._store, rows, compile_gradient(self._logits), self._outputs, grouped
            ),
        }

    def _filters(self) -> dict[str, Any] | None:
        question, (height, width) = self._question, self._question.images.shape[1:3]
        layers = filter_layers(question.model)
        if not layers:
            self.not_applicable["filters"] = NO_FILTERS
            return None
        learned = {layer.name: magnitudes(layer, height, width) for layer in layers}
        initial = None
        if question.initial is not None:
            initial = [magnitudes(layer, height, width) for layer in filter_layers(question.initial())]
        first = learned[layers[0].name]
        drawn = most_changed(initial[0] if initial else None, first)
        for name, found in (("initial", initial and initial[0]), ("learned", first)):
            if found is not None:
                kernels = np.stack([whole_spectrum(found[number], width) for number in drawn])
                self.arrays[f"{name}_kernels"] = kernels
        return filters_block(initial, learned, width)

    def explain_places(self, sampled: NDArray[np.int64], shown: NDArray[np.int64]) -> dict[str, Any] | None:
        """Maps of the images that are shown, and what they are worth."""
        question = self._question
        if not isinstance(self._maps, Maps):
            self.not_applicable["place"] = self._maps
            return None
        predicted = question.sample.probabilities.argmax(axis=1)
        explained = Explained(question.test_rows[shown], predicted[shown])
        mapper, seed = Mapper(self._maps), question.settings.seed
        others = mapper.maps(self._store, question.test_rows[sampled], predicted[sampled])
        cells = mapper.maps(self._store, explained.rows, explained.classes)
        randomisation = randomisation_block(question.model, self._store, explained, cells, others, seed)
        erasing = erasing_blocks(self._store, explained, cells, self._predict, seed)
        self.arrays |= {f"map_{name}": scaled(each) for name, each in cells.items()}
        self.arrays |= {f"sampled_{name}": scaled(each).astype(np.float16) for name, each in others.items()}
        return place_block(self._maps.layer, cells, randomisation, erasing)

    def show(
        self, places: NDArray[np.int64], kinds: list[str], known: NDArray[np.int64], features: np.ndarray
    ) -> list[dict[str, Any]]:
        """The images that are shown, and the neighbours of errors among them."""
        question, rows = self._question, self._question.test_rows[places]
        self.arrays["shown"] = question.images[rows]
        maps = {name.removeprefix("map_"): each for name, each in self.arrays.items() if name in MAPS}
        empty = {name: is_empty(each) for name, each in maps.items()}
        shown = [
            {
                **_named(question.test, place),
                "predicted": question.classes[question.sample.probabilities[place].argmax()],
                "probability": float(question.sample.probabilities[place].max()),
                "kind": kind,
                "file": f"shown-{number + 1:02d}.png",
                "empty": {name: bool(each[number]) for name, each in empty.items()},
                "neighbours": [],
                "neighbours_file": None,
            }
            for number, (place, kind) in enumerate(zip(places, kinds, strict=True))
        ]
        wrong = [number for number, each in enumerate(shown) if each["label"] != each["predicted"]]
        if wrong:
            own = compile_function(features_of(question.model))
            asked = self._store.run(own, rows[wrong])[0]
            near, distances = nearest(asked, features, question.settings.neighbours)
            training = question.training.iloc[known]
            for number, of_image, lengths in zip(wrong, near, distances, strict=True):
                shown[number]["neighbours"] = neighbours_block(of_image, lengths, training)
                shown[number]["neighbours_file"] = f"neighbours-{number + 1:02d}.png"
            self.arrays["neighbours"] = question.images[question.training_rows[known[near]]]
        return shown


def _ids(table: pd.DataFrame, places: NDArray[np.int64]) -> list[str]:
    return table["image_id"].iloc[places].astype(str).tolist()


def _named(table: pd.DataFrame, place: int) -> dict[str, Any]:
    row = table.iloc[place]
    group = row["group"]
    return {
        "image_id": str(row["image_id"]),
        "group": None if pd.isna(group) else str(group),
        "label": str(row["label"]),
    }
