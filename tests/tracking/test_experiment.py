from s3f_pipeline.tracking.experiment import (
    artifact_folder,
    leakage_tags,
    openings_tags,
    tracked_metrics,
    tracked_params,
    tracked_tags,
    training_tags,
)


def test_params_are_flat_and_alike_for_every_variant(load_config):
    loader = load_config()
    names = []
    for variant in ("spatial", "bilinear"):
        config = loader.experiment("brisc", "patient_safe", variant)
        names.append(tracked_params(config.as_json()).keys())
    assert names[0] == names[1]
    assert {"variant", "training.epochs", "seed"} <= names[0]


def test_a_published_run_is_marked(load_config):
    loader = load_config()
    published = loader.experiment("brisc", "published", "spatial").as_json()
    safe = loader.experiment("brisc", "patient_safe", "spatial").as_json()
    assert tracked_tags(published, synthetic=False)["selection"] == "selected on test"
    assert tracked_tags(safe, synthetic=True)["selection"] == "selected on validation"
    assert tracked_tags(safe, synthetic=True)["synthetic"] == "true"


def test_metrics_are_flat():
    metrics = {
        "cohort": "brisc",
        "test": {
            "n": 3, "kappa": None, "per_class": {"glioma": {"f1": 0.5}}, "accuracy": 0.5,
            "intervals": {"accuracy": {"low": 0.25, "high": 0.75, "flag": "too few for this interval"}},
        },
    }  # fmt: skip
    assert tracked_metrics(metrics) == {
        "test/n": 3.0, "test/accuracy": 0.5, "test_intervals/accuracy_low": 0.25,
        "test_intervals/accuracy_high": 0.75, "test_f1/glioma": 0.5,
    }  # fmt: skip


def test_the_guarantee_is_counted_in_a_tag():
    training = dict.fromkeys(
        ("data_hash", "splits_hash", "git_commit", "backend", "device", "precision", "stopped"), "x"
    )
    counts = {"train": {"a": {"patient": 5}}, "test": {"a": {"patient": 2}}}
    assert training_tags({**training, "guarantee": counts})["guarantee"] == "patient 7"
    counts["test"]["a"]["near_duplicate"] = 3
    assert training_tags({**training, "guarantee": counts})["guarantee"] == (
        "patient 7, near_duplicate 3; no patient is known of 3 of 5 test images: from these, images are kept "
        "apart by near-duplicates only"
    )


def test_what_a_published_split_leaks_is_a_tag():
    leaks = {
        "test_images": 1000,
        "test_images_with_twin_outside_test": 586,
        "test_images_with_known_subject": 742,
        "test_images_with_subject_outside_test": 741,
    }
    assert leakage_tags({"leakage": None}) == {}
    assert leakage_tags({"leakage": leaks}) == {
        "leakage_twins": "586 of 1000 test images",
        "leakage_subjects": "741 of 742 test images with a known patient or lesion",
    }


def test_openings_are_tags_and_unknown_is_said():
    found = {"test_openings": {"by_variant": 3, "by_any_variant": 12}}
    assert openings_tags(found) == {"test_openings": "3", "test_openings_by_any_variant": "12"}
    found = {"test_openings": {"by_variant": None, "by_any_variant": None}}
    assert set(openings_tags(found).values()) == {"unknown"}


def test_what_one_wants_first_comes_first():
    folders = [artifact_folder(noun) for noun in ("report", "roc", "explanation_pictures", "history")]
    assert folders == sorted(folders)
    assert len(set(folders)) == 4
    assert artifact_folder("bundle") == artifact_folder("report")
