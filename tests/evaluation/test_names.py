from s3f_pipeline.evaluation.names import full_metric_name, metric_name


def test_metric_name():
    assert metric_name("weighted_f1") == "weighted F1"
    assert metric_name("validation_accuracy") == "validation accuracy"
    assert metric_name("auc_macro") == "AUC macro"


def test_short_forms_have_full_names():
    assert full_metric_name("kappa") == "Cohen's kappa"
    assert full_metric_name("brier") == "Brier score (sum over the classes, 0 to 2)"
    assert full_metric_name("weighted_f1") == "weighted F1"
