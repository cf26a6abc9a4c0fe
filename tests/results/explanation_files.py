import numpy as np

from s3f_pipeline.results.runs import RunId

BRANCHES = ("spatial", "spectral")
SIDE = 8


def explanation_file(run: RunId, classes=("a", "b"), *, wrong=1) -> dict:
    """Content of ``explanation.json`` with every part, as if ``wrong`` shown images were errors."""
    return {
        "schema_version": 1,
        **run._asdict(),
        "images": {"test": 1171, "sampled": ["image-1", "image-2"], "training": ["image-3"] * 257},
        "branches": branches(classes),
        "frequency": frequency(classes),
        "place": {
            "layer": "spatial_stage4_relu",
            "map_shape": [2, 2],
            "methods": {"grad_cam": of_maps(), "grad_cam_plus_plus": of_maps()},
        },
        "shown": [shown(number, classes, is_wrong=number < wrong) for number in range(2)],
        "suspicious_labels": {
            "images": 1873,
            "found": 1,
            "thresholds": dict.fromkeys(classes, 0.7117),
            "listed": [
                {
                    "image_id": "image-9",
                    "group": None,
                    "split": "test",
                    "label": classes[0],
                    "suggested": classes[1],
                    "p_label": 0.1173,
                    "p_suggested": 0.8279,
                }
            ],
        },
        "not_applicable": {},
    }


def explanation_arrays(*, wrong=1) -> dict[str, np.ndarray]:
    """What pictures of ``explanation_file`` are drawn from."""
    rng = np.random.default_rng(0)
    return {
        "labels": np.array([0, 0, 0, 0, 1, 1, 1, 1]),
        "shares": rng.uniform(size=(8, 2)) * 50,
        "initial_kernels": rng.uniform(size=(2, SIDE, SIDE)).astype(np.float32),
        "learned_kernels": rng.uniform(size=(2, SIDE, SIDE)).astype(np.float32),
        "shown": rng.integers(256, size=(2, SIDE, SIDE, 1), dtype=np.uint8),
        "map_grad_cam": np.array([[[0, 1], [0, 0.5]], np.zeros((2, 2))]),
        "map_grad_cam_plus_plus": np.array([[[0, 1], [0, 0.5]], np.ones((2, 2))]),
        "neighbours": rng.integers(256, size=(wrong, 1, SIDE, SIDE, 1), dtype=np.uint8),
    }


def branches(classes) -> dict:
    methods = ("replaced_by_mean", "permuted", "shapley_mean", "shapley_drawn")
    drops = {"log_likelihood_drop": 0.3519, "accuracy_drop": 0.1733}
    return {
        "names": list(BRANCHES),
        "features": {"spatial": 512, "spectral": 4},
        "shares": {
            "l2": means(classes, {"spatial": 81.63, "spectral": 18.37}),
            "balanced": means(classes, {"spatial": 29.52, "spectral": 70.48}),
        },
        "influence": {
            "methods": {
                method: dict.fromkeys(
                    BRANCHES, means(classes, {"log_likelihood": 0.2917} if "shapley" in method else drops)
                )
                for method in methods
            },
            "share": {"spatial": 96.7, "spectral": 3.3},
            "difference": {"value": 0.2131, "interval": interval(0.1137, 0.3139)},
        },
        "agreement": {
            "verdict": "disagree",
            "named_by_score": "spectral",
            "named_by_influence": "spatial",
        },
    }


def frequency(classes) -> dict:
    def accuracy(value: float) -> dict:
        ends = interval(value - 0.1, value + 0.1)
        return {"accuracy": value, "macro_f1": value, "intervals": {"accuracy": ends, "macro_f1": ends}}

    return {
        "filters": {
            "spectral_filter1": {
                "frequencies": [0, 1, 2],
                "initial": [0.02, 0.02, 0.02],
                "learned": [0.02, 0.03, 0.01],
            }
        },
        "removal": {
            "n": 61,
            "unchanged": accuracy(0.8741),
            "low_pass": [{"low": 2.0, "high": None, **accuracy(0.6)}],
            "high_pass": [{"low": 0.0, "high": 2.0, **accuracy(0.5)}],
            "band_stop": [
                {"low": 0.0, "high": 2.0, **accuracy(0.4)},
                {"low": 2.0, "high": None, **accuracy(0.7)},
            ],
            "needed": {
                "up_to": None,
                "above": None,
                "octave": {"low": 0.0, "high": 2.0, "accuracy": 0.4},
            },
        },
        "saliency": {"frequencies": [0, 1, 2], "per_class": {name: [0.1, 0.2, 0.05] for name in classes}},
    }


def of_maps(*, passes=True, better=True) -> dict:
    curves = {"map": [0.9, 0.5, 0.2], "random": [0.9, 0.7, 0.2], "map_area": 0.5, "random_area": 0.6}
    depths = [
        {"layers": layers, "lowest_layer": "logits", "ssim": 1 / layers, "spearman": 0.5} for layers in (1, 9)
    ]
    return {
        "randomisation": {"depths": depths, "baseline_ssim": 0.2, "passes": passes},
        "erasing": {
            "images": 2,
            "fractions": [0, 0.5, 1],
            "deletion": curves,
            "insertion": curves,
            "better_than_random": better,
        },
        "empty": 1,
        "trusted": passes and better,
    }


def shown(number: int, classes, *, is_wrong: bool) -> dict:
    near = {"image_id": "train-1", "label": classes[1], "group": "patient-7", "distance": 1.25}
    return {
        "image_id": f"shown-image-{number}",
        "group": None,
        "label": classes[0],
        "predicted": classes[1] if is_wrong else classes[0],
        "probability": 0.6137,
        "kind": "surest wrong" if is_wrong else "surest right",
        "file": f"shown-{number + 1:02d}.png",
        "empty": {"grad_cam": number == 1, "grad_cam_plus_plus": False},
        "neighbours": [near] if is_wrong else [],
        "neighbours_file": f"neighbours-{number + 1:02d}.png" if is_wrong else None,
    }


def means(classes, values: dict[str, float]) -> dict:
    figures = {
        "values": values,
        "intervals": {name: interval(v - 0.1, v + 0.1) for name, v in values.items()},
    }
    return {"overall": figures, "per_class": dict.fromkeys(classes, figures)}


def interval(low: float, high: float) -> dict:
    return {"low": low, "high": high, "flag": None}
