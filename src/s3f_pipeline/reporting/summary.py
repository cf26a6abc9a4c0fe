"""The result in plain language: for the head of a report, the description of a run, and a card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s3f_pipeline.reporting import facts
from s3f_pipeline.reporting.formats import count, listing, many, percent, percent_interval, score
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.trust import reasons_against, reasons_for
from s3f_pipeline.results.intervals import Intervals
from s3f_pipeline.results.metrics import SplitMetrics
from s3f_pipeline.results.uncertainty import CalibrationFigures
from s3f_pipeline.text import in_markdown

MOST_CONFUSIONS = 3
FEWEST_GROUPS = 30
"""Of a class in the test set, below which its figures are called uncertain."""
NO_DEVICE = "A research result, not a medical device: no figure here supports a decision about a patient."


@dataclass(frozen=True)
class Confusion:
    """Test images of a class that got the name of another one."""

    label: str
    predicted: str
    images: int
    support: int


@dataclass(frozen=True)
class Summary:
    """What a reader wants to know first.

    Attributes:
        answers: Answer by question, in the order of the page.
        for_trust: What speaks for relying on the figures.
        against_trust: What speaks against it.
    """

    answers: Mapping[str, str]
    for_trust: tuple[str, ...]
    against_trust: tuple[str, ...]

    def markdown(self, title: str) -> str:
        """As Markdown, below a heading."""
        parts = [f"# {in_markdown(title)}", NO_DEVICE]
        parts += [f"**{question}** {in_markdown(answer)}" for question, answer in self.answers.items()]
        for question, reasons in (("Why trust it?", self.for_trust), ("Why not?", self.against_trust)):
            parts.append(
                "\n".join([f"**{question}**\n", *(f"- {in_markdown(reason)}" for reason in reasons)])
            )
        return "\n\n".join(parts) + "\n"


def summarise(report: ReportData) -> Summary:
    """Say what came out; every figure is that of ``metrics.json``.

    Args:
        report: All that the report shows.
    """
    return Summary(
        answers={
            "What was asked?": _asked(report),
            "How good is it?": _how_good(report),
            "How sure is that?": _how_sure(report),
            "For whom does it hold?": _for_whom(report),
            "What keeps test and training apart?": _kept_apart(report),
            "What are its typical errors?": _errors(report),
            "Can its probabilities be believed?": _probabilities(report),
        },
        for_trust=tuple(reasons_for(report)),
        against_trust=tuple(reasons_against(report)),
    )


def confusions(metrics: SplitMetrics, classes: Sequence[str]) -> list[Confusion]:
    """Pairs of classes by how many images of the first were called the second, the most first."""
    found = [
        Confusion(label, predicted, metrics.confusion_matrix[row][column], metrics.per_class[label].support)
        for row, label in enumerate(classes)
        for column, predicted in enumerate(classes)
        if row != column and metrics.confusion_matrix[row][column]
    ]
    return sorted(found, key=lambda each: -each.images)


def _asked(report: ReportData) -> str:
    classes = [report.title(name) for name in report.cohort["classes"]]
    network = report.experiment["network_title"]
    asked = f"Can the network {network} tell {listing(classes)} apart? Images: {report.cohort['title']}."
    note = report.experiment["network_note"]
    return f"{asked} About the network: {note}" if note else asked


def _how_good(report: ReportData) -> str:
    metrics, classes = report.metrics, report.cohort["classes"]
    found = facts.accuracy_facts(metrics, classes)
    told = [
        f"Of {count(metrics.n)} test images it named {count(found['correct'])} correctly, "
        f"{percent(metrics.accuracy)} (95 % interval {percent_interval(metrics.intervals['accuracy'])}). "
        f"That is {found['comparison']} always naming the most common class, "
        f"{report.title(found['most_common'])}, which would be right for {percent(found['share'])}."
    ]
    if metrics.positive:
        positive = report.title(report.cohort["positive_class"])
        told.append(
            f"It recognises {percent(metrics.positive.sensitivity)} of the images of {positive} (sensitivity"
            f"{_ends(metrics.positive.intervals, 'sensitivity')}), and rightly does not call "
            f"{percent(metrics.positive.specificity)} of the others so (specificity"
            f"{_ends(metrics.positive.intervals, 'specificity')})."
        )
    else:
        balanced = metrics.balanced_accuracy
        told.append(
            f"With each class counting the same, {percent(balanced)} are right (balanced accuracy"
            f"{_ends(metrics.intervals, 'balanced_accuracy')})."
        )
    return " ".join(told)


def _how_sure(report: ReportData) -> str:
    metrics, subjects = report.metrics, report.split_summary.test.subjects
    of_subjects = f" of {many(subjects, 'known ' + report.cohort['subject'])}" if subjects else ""
    told = [
        f"{many(metrics.n, 'test image')}{of_subjects} in {many(metrics.groups, 'group')} of images that "
        f"belong together: intervals count groups, not images. {_one_of_many(report)}"
    ]
    few = [
        f"{report.title(name)} ({many(found.groups, 'group')})"
        for name, found in metrics.per_class.items()
        if found.groups < FEWEST_GROUPS
    ]
    if few:
        told.append(f"Few groups, and so wide or doubtful (*) intervals: {listing(few)}.")
    if opened := facts.openings_text(report.test_openings):
        told.append(
            f"{opened[0].upper()}{opened[1:]}. The more often one looks at the same test images, the more of "
            f"the best figure is luck."
        )
    return " ".join(told)


def _one_of_many(report: ReportData) -> str:
    if report.training.imported:
        return "This is one network, trained elsewhere; another training gives other figures."
    return f"This is one training, with seed {report.experiment['seed']}; another seed gives other figures."


def _for_whom(report: ReportData) -> str:
    card = report.cohort["card"]
    if report.experiment["synthetic"]:
        people = "For nobody: a program drew the images."
    elif card["population"]:
        people = card["population"] + (f" {card['setting']}" if card["setting"] else "")
    else:
        people = "Who the patients are is not recorded: the authors have to say it."
    return f"{people} No image of another source was tested."


def _kept_apart(report: ReportData) -> str:
    if report.experiment["protocol"] == "published":
        return "The published split is taken as it is, with copies and patients on both sides."
    return facts.guarantee_text(
        report.experiment["guarantee"], report.quality["header_ids"], report.quality["incomparable_ids"]
    )


def _errors(report: ReportData) -> str:
    metrics, classes = report.metrics, report.cohort["classes"]
    weakest = facts.accuracy_facts(metrics, classes)["weakest"]
    scores = metrics.per_class[weakest]
    told = [
        f"It was weakest on {report.title(weakest)}: {percent(scores.recall)} of "
        f"{many(scores.support, 'image')} recognised (sensitivity{_ends(scores.intervals, 'recall')})."
    ]
    common = [
        f"{report.title(each.label)} called {report.title(each.predicted)} ({count(each.images)} of "
        f"{count(each.support)})"
        for each in confusions(metrics, classes)[:MOST_CONFUSIONS]
    ]
    told.append(f"Most frequent: {listing(common)}." if common else "It made no error on these images.")
    return " ".join(told)


def _probabilities(report: ReportData) -> str:
    calibration = report.measured.calibration
    if wrong := facts.calibration_errors(calibration.raw):
        told = f"Not as they are: {listing(wrong)}."
    else:
        found = score(calibration.raw.ece)
        by_chance = score(calibration.raw.expected_ece_by_group)
        told = f"No error beyond chance is shown: ECE is {found}, and chance alone makes {by_chance}."
    if calibration.temperature is None or calibration.calibrated is None or calibration.at_bound:
        return told
    lean = "more cautious" if calibration.temperature > 1 else "bolder"
    return (
        f"{told} Validation images ask for {lean} ones (temperature {calibration.temperature:.3f}): "
        f"{_worth(calibration.raw, calibration.calibrated)}."
    )


def _worth(raw: CalibrationFigures, scaled: CalibrationFigures) -> str:
    """What the temperature is worth on the test images."""
    pairs = {"log loss": (raw.log_loss.value, scaled.log_loss.value), "ECE": (raw.ece, scaled.ece)}
    moves = [f"{name} from {score(before)} to {score(after)}" for name, (before, after) in pairs.items()]
    lower = sum(after < before for before, after in pairs.values())
    verdict = {0: "these fit the test images worse", 1: "whether these fit better depends on the measure"}
    return f"{verdict.get(lower, 'these fit the test images better')} ({', '.join(moves)})"


def _ends(intervals: Intervals, name: str) -> str:
    return f", 95 % interval {percent_interval(intervals[name])}" if name in intervals else ""
