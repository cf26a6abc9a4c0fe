"""What speaks for relying on the figures of a network, and what against it, by fixed rules."""

from collections.abc import Iterator

from s3f_pipeline.reporting import facts
from s3f_pipeline.reporting.explanation_plots import METHOD_NAMES
from s3f_pipeline.reporting.formats import count, listing, many
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.splits.guarantee import KNOWN, guarantee_total

BETTER = "clearly better than"
NOTHING = "Nothing in these figures."


def reasons_for(report: ReportData) -> list[str]:
    """What speaks for relying on the figures, a sentence each; one says if nothing does.

    Args:
        report: All that the report shows.
    """
    return [*_for(report)] or [NOTHING]


def reasons_against(report: ReportData) -> list[str]:
    """What speaks against it, a sentence each.

    Args:
        report: All that the report shows.
    """
    return [*_about_the_split(report), *_about_the_figures(report), *_about_the_patients(report)]


def _for(report: ReportData) -> Iterator[str]:
    if facts.accuracy_facts(report.metrics, report.cohort["classes"])["comparison"] == BETTER:
        yield "It is clearly better than always naming the most common class."
    levels = [*guarantee_total(report.experiment["guarantee"])]
    if levels in (["patient"], ["lesion"]):
        yield f"Nothing of one {levels[0]} lies on two sides of the split."
    if report.test_openings.by_any_variant == 1:
        yield "The test images were looked at for the first time."
    if report.experiment["selection_split"] == "validation" and not report.training.imported:
        yield "The epoch, and every threshold, was chosen on validation images and not on test images."
    if passing := _maps(report, trusted=True):
        yield f"The maps of where it looked pass both of their tests ({listing(passing)})."


def _about_the_split(report: ReportData) -> Iterator[str]:
    if report.experiment["synthetic"]:
        yield "The images are synthetic phantoms, without medical meaning."
    if report.training.imported:
        yield "The network was trained elsewhere: its training images may be in this test set."
    if report.experiment["selected_on_test"]:
        yield "The epoch was selected on the test images: the figures are optimistic."
    levels = guarantee_total(report.experiment["guarantee"])
    images = sum(levels.values())
    if unknown := sum(number for level, number in levels.items() if level not in KNOWN):
        some = f"all {count(images)}" if unknown == images else f"{count(unknown)} of {count(images)}"
        yield (
            f"Of {some} images nobody knows whose they are: images of one patient may lie on two sides of "
            f"the split."
        )


def _about_the_figures(report: ReportData) -> Iterator[str]:
    metrics, suspicious = report.metrics, report.explanation.suspicious_labels
    if facts.accuracy_facts(metrics, report.cohort["classes"])["comparison"] != BETTER:
        yield "It is not clearly better than always naming the most common class."
    of_class = metrics.per_class.items()
    if missed := [report.title(name) for name, scores in of_class if scores.support and not scores.recall]:
        yield f"It recognises no image of {listing(missed)}."
    if facts.calibration_errors(report.measured.calibration.raw):
        yield "Its probabilities, as they are, are wrong by more than chance."
    if any(interval.flag for interval in metrics.intervals.values()):
        yield "Some intervals are marked with a star: there are too few groups of images for them."
    if torn := report.audit.contradictory_labels.images:
        yield f"{many(torn, 'image')} of the data set have a twin with another label."
    if suspicious.found:
        yield (
            f"Predictions contradict the labels of {count(suspicious.found)} of "
            f"{many(suspicious.images, 'validation and test image')}: the network errs there, or the label."
        )
    if failing := _maps(report, trusted=False):
        yield f"The maps of where it looked fail a test ({listing(failing)}): they are not to be trusted."


def _about_the_patients(report: ReportData) -> Iterator[str]:
    yield "No image of another hospital, device or population was tested."
    limitations: str | None = report.cohort["card"]["limitations"]
    if limitations:
        yield limitations


def _maps(report: ReportData, *, trusted: bool) -> list[str]:
    place = report.explanation.place
    methods = place.methods.items() if place else ()
    return [METHOD_NAMES[name] for name, found in methods if found.trusted is trusted]
