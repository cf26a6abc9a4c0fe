from s3f_pipeline.evaluation.names import metric_name


def test_metric_name():
    assert metric_name("weighted_f1") == "weighted F1"
    assert metric_name("validation_accuracy") == "validation accuracy"
    assert metric_name("auc_macro") == "AUC macro"
