"""What a checklist asks of the evaluation of a network, and of its results."""

from s3f_pipeline.evaluation.names import full_metric_name
from s3f_pipeline.reporting import explanation, facts
from s3f_pipeline.reporting.answers import AUDIT, EXPLANATION, METRICS, SOFTWARE, Found
from s3f_pipeline.reporting.formats import interval, many, percent, score
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.summary import MOST_CONFUSIONS, confusions
from s3f_pipeline.reporting.trust import reasons_against

NAMED = ("accuracy", "balanced_accuracy", "macro_f1", "kappa", "mcc", "auc_macro", "brier", "ece")
MEASURES = (
    "Of named classes: accuracy, balanced accuracy, F1, Cohen's kappa, Matthews correlation. Of ranking: "
    "areas under ROC and precision-recall curves. Of probabilities: log loss, Brier score, calibration "
    "errors, conformal sets. Plots: confusion matrix, ROC curves, reliability diagram"
)
UNCERTAINTY = (
    "95 % intervals over groups of images (of one patient or lesion as far as known, and copies), from "
    "bootstrap draws of whole groups: Wilson's for the effective number of images of figures between two "
    "bounds, symmetric in the logarithm for log loss and Brier score. No test of significance is made of one "
    "network."
)


def evaluation_answers(report: ReportData) -> Found:
    """How the network was evaluated, and what of it was decided on validation images.

    Args:
        report: All that the report shows.
    """
    measured, test = report.measured, report.metrics
    utility = ", decision curve (net benefit)" if measured.decision_curve else ""
    yield "measures", f"{MEASURES}{utility}.", METRICS
    yield "uncertainty", UNCERTAINTY, METRICS
    needed = explanation.needed_text(report.explanation.frequency.removal.needed)
    yield "robustness", f"Bands of spatial frequency were removed from test images. {needed}", EXPLANATION
    maps = [sentence for _, sentence in explanation.words(report.explanation)["maps"].values()]
    yield "explainability", " ".join(maps) or report.explanation.not_applicable["place"], EXPLANATION
    told = f"{many(test.n, 'test image')} of the same data set in {many(test.groups, 'group')}."
    yield "internal", told, METRICS
    yield "external", "No image of another data set was tested.", METRICS
    yield "output", _output(report), METRICS
    yield "updating", "Not applicable: the network was not changed after its evaluation.", SOFTWARE
    temperature = measured.calibration.temperature
    yield (
        "recalibration",
        f"Probabilities are also given at the temperature {temperature:.3f}, fitted on validation images; it "
        f"changes no decision between classes."
        if temperature is not None
        else "Nothing is recalibrated, as there are no validation images.",
        METRICS,
    )


def _output(report: ReportData) -> str:
    point = report.measured.operating_point
    if point is None:
        return "A probability of each class; the class with the highest one is named."
    told = f"A probability of {report.title(report.cohort['positive_class'])}; figures call it from 0.5 on."
    if point.threshold is None:
        return told
    return (
        f"{told} Sensitivity and specificity are also given from {point.threshold:.3f} on, where their sum "
        f"is highest on validation images."
    )


def result_answers(report: ReportData) -> Found:
    """What came out.

    Args:
        report: All that the report shows.
    """
    metrics, raw = report.metrics, report.measured.calibration.raw
    told = [
        f"{full_metric_name(name)} {score(getattr(metrics, name))} ({interval(metrics.intervals.get(name))})"
        for name in NAMED
    ]
    yield "performance", f"{'; '.join(told)}. In brackets: 95 % intervals.", METRICS
    recalls = [
        f"{report.title(name)}: sensitivity {score(of.recall)} ({interval(of.intervals.get('recall'))}), "
        f"specificity {score(of.specificity)} ({interval(of.intervals.get('specificity'))})"
        for name, of in metrics.per_class.items()
    ]
    yield "by_class", f"Each class against the rest. {'; '.join(recalls)}.", METRICS
    yield (
        "calibration",
        f"Calibration error of the named class (ECE) {score(raw.ece)} "
        f"({interval(raw.intervals.get('ece'))}); by chance alone {score(raw.expected_ece_by_group)}.",
        METRICS,
    )
    common = confusions(metrics, report.cohort["classes"])[:MOST_CONFUSIONS]
    errors = (
        f"{report.title(e.label)} called {report.title(e.predicted)}: {many(e.images, 'image')}"
        for e in common
    )
    yield (
        "failures",
        f"{'; '.join(errors)}. The surest errors stand in the report as pictures."
        if common
        else f"No error on {many(metrics.n, 'test image')}.",
        METRICS,
    )
    best = facts.accuracy_facts(metrics, report.cohort["classes"])
    yield (
        "interpretation",
        f"The accuracy is {best['comparison']} always naming the most common class, "
        f"{report.title(best['most_common'])} ({percent(best['share'])} of the test images).",
        METRICS,
    )
    yield "doubts", " ".join(reasons_against(report)), f"{METRICS}, {AUDIT}, {EXPLANATION}"
