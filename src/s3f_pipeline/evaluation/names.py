"""What a metric is called in words: in logs, plots and reports."""

FULL_NAMES = {
    "kappa": "Cohen's kappa",
    "mcc": "Matthews correlation",
    "auc_macro": "area under the ROC curve (mean of the classes against the rest)",
    "brier": "Brier score (sum over the classes, 0 to 2)",
    "ece": "calibration error of the named class (ECE)",
}
"""Of metrics whose key is a short form."""


def metric_name(key: str) -> str:
    """A metric's key in words: weighted_f1 -> weighted F1, auc_macro -> AUC macro."""
    return key.replace("_f1", " F1").replace("auc", "AUC").replace("_", " ")


def full_metric_name(key: str) -> str:
    """A metric's key in words that need no explanation."""
    return FULL_NAMES.get(key) or metric_name(key)
