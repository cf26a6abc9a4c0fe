import numpy as np
import pandas as pd
import pytest
from explanation_files import explanation_arrays, explanation_file
from result_files import metrics_file, training_file
from uncertainty_files import uncertainty_file

from s3f_pipeline.config.schema import CohortCard
from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.reporting.explanation_pictures import draw_explanation
from s3f_pipeline.reporting.gallery import ClassExamples, Gallery, ShownError
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.results import RunId
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.decoding import decode
from s3f_pipeline.results.explanation import Explanation
from s3f_pipeline.results.metrics import Metrics, Openings, SplitMetrics
from s3f_pipeline.results.splits import SplitSummary
from s3f_pipeline.results.training import TrainingFacts
from s3f_pipeline.splits.audit import leakage_audit
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.published import published_split
from s3f_pipeline.splits.settings import TwinSettings

CLASSES = ["glioma", "no_tumor", "pituitary"]


@pytest.fixture
def predictions():
    rng = np.random.default_rng(7)
    labels = rng.integers(0, len(CLASSES), size=60)
    scores = rng.uniform(size=(60, len(CLASSES))) + 0.6 * np.eye(len(CLASSES))[labels]
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    ids = [f"image-{i}" for i in range(60)]
    return pd.DataFrame(
        {
            "image_id": ids,
            "group": ids,
            "split": "test",
            "label": [CLASSES[i] for i in labels],
            "predicted": [CLASSES[i] for i in probabilities.argmax(axis=1)],
            **{f"p_{name}": probabilities[:, i] for i, name in enumerate(CLASSES)},
        }
    )


@pytest.fixture
def metrics(predictions):
    return compute_metrics(predictions, CLASSES)


@pytest.fixture
def history():
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "learning_rate": [3e-4, 3e-4, 6e-5],
            "loss": [1.1011, 0.8022, 0.6033],
            "accuracy": [0.4044, 0.6055, 0.7066],
            "selection_loss": [1.2077, 0.9088, 0.9199],
            "selection_accuracy": [0.3101, 0.5502, 0.5403],
            "selection_macro_f1": [0.3004, 0.5405, 0.5306],
            "selection_weighted_f1": [0.3107, 0.5608, 0.5509],
            "seconds": [50.1, 51.2, 49.3],
        }
    )


@pytest.fixture(scope="session")
def audit_of():
    """Audit pairs across the official splits, pairs within, and images without a twin."""

    def build(*, torn, kept, single):
        rows = [
            (f"{end}-{n:02d}", split) for n in range(torn) for end, split in (("a", "train"), ("b", "test"))
        ]
        rows += [(f"{end}-{n:02d}", "train") for n in range(kept) for end in "cd"]
        rows += [(f"e-{n:04d}", "test" if n % 6 == 0 else "train") for n in range(single)]
        index = pd.DataFrame(rows, columns=["image_id", "official_split"])
        index = index.assign(label="glioma", subject=None, path=index["image_id"]).astype("string")
        twins = [(f"a-{n:02d}", f"b-{n:02d}", "near") for n in range(torn)]
        twins += [(f"c-{n:02d}", f"d-{n:02d}", "exact") for n in range(kept)]
        pairs = pd.DataFrame(twins, columns=["first", "second", "kind"]).assign(relation="same")
        groups = make_groups(index, pairs)
        audit = leakage_audit(
            index,
            groups,
            pairs,
            cohort="brisc",
            settings=TwinSettings(unexplained=6, local_similarity=0.9),
            published=published_split(index, groups, selection_split="test"),
            why_none=None,
        )
        return Audit.of(audit, "leakage_audit.json")

    return build


@pytest.fixture
def measured(metrics):
    """All that ``metrics.json`` has of the made-up predictions and of others, with validation images."""
    run = RunId("brisc", "patient_safe", "bilinear", 17)
    content = {**metrics_file(run), "test": metrics, "validation": metrics}
    return Metrics.of({**content, **uncertainty_file(tuple(CLASSES))}, "metrics.json")


@pytest.fixture(scope="session")
def explanation():
    content = explanation_file(RunId("brisc", "patient_safe", "bilinear", 17), CLASSES)
    return Explanation.of(content, "explanation.json")


@pytest.fixture(scope="session")
def pictures(explanation):
    return draw_explanation(explanation, explanation_arrays(), {name: name for name in CLASSES})


@pytest.fixture
def report_data(metrics, measured, history, audit_of, explanation, pictures):
    """An experiment on made-up figures, each of them different where it can be."""
    published = {"accuracy": 0.9822, "macro_f1": 0.9833, "weighted_f1": 0.9821, "kappa": 0.9756}
    published |= {"mcc": 0.9757, "auc_macro": 0.9989, "note": "epoch chosen on the test set"}
    return ReportData(
        cohort={
            "name": "brisc",
            "title": "Brain tumours in MRI",
            "classes": CLASSES,
            "class_titles": {},
            "positive_class": None,
            "subject": "patient",
            "licence": "CC BY 4.0",
            "citation": "Somebody et al., https://doi.org/10.1000/example",
            "source": "https://example.org/images",
            "card": CohortCard(population="People with headaches.").model_dump(),
            "published": [{"model": "spatial tower", **published}],
        },
        experiment={
            "cohort": "brisc",
            "protocol": "patient_safe",
            "variant": "bilinear",
            "network_title": "S³F-Net, bilinear fusion",
            "network_note": "",
            "protocol_title": "patient_safe",
            "seed": 17,
            "fold": None,
            "guarantee": {"test": {"glioma": {"near_duplicate": 1198}}},
            "selection_split": "validation",
            "selected_on_test": False,
            "synthetic": False,
        },
        test_openings=Openings(by_variant=13, by_any_variant=47),
        quality={
            "schema_version": 1,
            "cohort": "brisc",
            "found": 6203,
            "read": 6201,
            "rejected": [
                {"path": "train/glioma/a.jpg", "reason": "the file is empty"},
                {"path": "train/glioma/b.jpg", "reason": "not an image"},
            ],
            "max_rejected_share": 0.013,
            "classes": {
                "glioma": {"train": 1147, "test": 254},
                "no_tumor": {"train": 1067, "test": 141},
                "pituitary": {"train": 1457, "test": 302},
            },
            "count_differences": [{"split": "test", "class": "pituitary", "found": 302, "published": 310}],
            "sizes": [
                {"height": 512, "width": 498, "count": 5007},
                {"height": 256, "width": 257, "count": 1194},
            ],
            "exact_duplicates": 211,
            "header_ids": None,
            "incomparable_ids": None,
        },
        audit=audit_of(torn=73, kept=31, single=5613),
        split_summary=SplitSummary.of(
            {
                "train": side(4201, 4102, (1404, 1405, 1392)),
                "validation": side(743, 726, (248, 249, 246)),
                "test": side(1198, 1113, (401, 402, 395)),
                "excluded": {
                    "images": 58,
                    "reasons": {"has a twin in the test set": 58},
                    "warning": "x loses much.",
                },
            }
        ),
        demographics={"splits": ["train", "validation", "test"], "rows": []},
        gallery=Gallery(
            examples=tuple(
                ClassExamples(name, (f"example-{number}",), (b"\xff\xd8" + name.encode(),))
                for number, name in enumerate(CLASSES)
            ),
            errors=(ShownError("wrong-1", "wrong-1", "glioma", "pituitary", 0.9137, b"\xff\xd8wrong"),),
            all_errors=23,
        ),
        has_comparison=False,
        training=TrainingFacts.of(
            {
                **training_file(RunId("brisc", "patient_safe", "bilinear", 17)),
                "epochs_run": 3,
                "selected_epoch": 2,
                "selection_metric": "weighted_f1",
                "selected_value": 0.5608,
                "stopped": "all epochs",
                "parameters": 3443592,
                "input_shape": [64, 65, 1],
                "class_weights": {"glioma": 1.0201, "no_tumor": 1.1302, "pituitary": 0.8703},
                "precision": "float32",
                "backend": "tensorflow",
                "device": "CPU (2 cores)",
                "seconds": 754.2,
                "config": {"training": {"batch_size": 19, "optimizer": "adam"}},
                "network": [
                    {
                        "name": "spectral_filter",
                        "type": "SpectralFilter",
                        "output_shape": [None, 64, 65, 32],
                        "parameters": 135233,
                    }
                ],
            },
            "training.json",
        ),
        history=history,
        metrics=decode(SplitMetrics, metrics),
        measured=measured,
        figures={
            "confusion_matrix": b"<svg>matrix",
            "roc": b"<svg>curves",
            "reliability": b"<svg>points",
            "history": b"<svg>epochs",
        },
        explanation=explanation,
        pictures=pictures,
        provenance={
            "git_commit": "3f1c9e0b",
            "git_dirty": False,
            "data_hash": "sha256:9f86d081",
            "splits_hash": "sha256:60303ae2",
            "seed": 17,
            "mlflow_run_id": "5c1b2a7e",
            "created": "2026-01-31 05:10 UTC",
            "versions": {"keras": "3.15.1", "python": "3.11.7"},
            "backend": "tensorflow",
            "device": "CPU (2 cores)",
            "precision": "float32",
            "command": "kedro run --pipeline=brisc_bilinear",
        },
    )


def side(images, groups, classes):
    return {
        "images": images,
        "groups": groups,
        "subjects": groups // 2,
        "classes": dict(zip(CLASSES, classes, strict=True)),
    }
