"""What a metric is called in words: in logs, plots and reports."""


def metric_name(key: str) -> str:
    """A metric's key in words: weighted_f1 -> weighted F1, auc_macro -> AUC macro."""
    return key.replace("_f1", " F1").replace("auc", "AUC").replace("_", " ")
