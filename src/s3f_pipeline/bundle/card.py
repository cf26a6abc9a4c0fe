"""``model_card.md`` and ``LICENCE.txt``: what a person must know before a network is used."""

from collections.abc import Mapping

from s3f_pipeline.bundle.model_index import front_matter
from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.evaluation.names import full_metric_name
from s3f_pipeline.results.intervals import Interval
from s3f_pipeline.results.metrics import Metrics
from s3f_pipeline.splits.guarantee import guarantee_total
from s3f_pipeline.text import BY_AUTHORS, PHANTOMS, in_markdown, one_line

FACTS = {
    "purpose": "Purpose",
    "not_for": "Not meant for",
    "population": "Patients",
    "setting": "Places",
    "dates": "Dates",
    "acquisition": "How images were taken",
    "preparation": "What was done to images before",
    "reference_standard": "What labels rest on",
    "annotators": "Who labelled",
    "limitations": "Known limits",
    "ethics": "Approval and consent",
}
"""What the card of a cohort may know, as a reader of this card looks for it."""
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "auc_macro", "brier", "ece")
NO_DEVICE = "A research result, not a medical device: nothing here supports a decision about a patient."
FLAG = "(few groups)"
FEW = "Few groups: too few groups of images for the interval to be relied on."
KEPT = """\
## What it holds of the training images

`training_features.npy` has feature vectors of {images} of {training_images} training images, and
`training_hashes.npy` a hash of 64 bits of each of these. With them images are recognised that are unlike all
training images, or that are one of them. No image is in the bundle, but these are facts of the training
images: whoever has an image can find out whether it was among them.
"""


def write_card(says: Preprocessing, metrics: Metrics, cohort: Mapping[str, str | None]) -> str:
    """Write the card in Markdown, with a head that programs read.

    Args:
        says: Content of ``preprocessing.json``.
        metrics: Of the run.
        cohort: What is known of patients, images and labels, ``None`` where nobody has said it; nothing of it
            is said of phantoms.
    """
    trained = says.trained_on
    shown = "a phantom" if trained.synthetic else "drawn, and that of no patient"
    classes = ", ".join(in_markdown(name) for name in says.classes)
    kind = "phantoms in the layout" if trained.synthetic else "images"
    images = f"{kind} of {in_markdown(trained.title)}"
    return "\n".join(
        [
            front_matter(says, metrics),
            f"# {in_markdown(says.name)}",
            "",
            *([PHANTOMS, ""] if trained.synthetic else []),
            f"A network `{says.network}` that tells classes apart in {images}: {classes}.",
            "",
            NO_DEVICE,
            "",
            "## Patients, images and labels",
            "",
            *(["There are no patients."] if trained.synthetic else _of_cohort(cohort)),
            "",
            "## Test images",
            "",
            *_test_images(metrics),
            "",
            *_conditions(says, metrics),
            "",
            "## Decisions",
            "",
            *_decisions(says),
            "",
            KEPT.format(**vars(says.references)),
            f"The image in `example/` is {shown}.",
            "",
            "## Images",
            "",
            *_origin(says),
            "",
        ]
    )


def without_references(card: str, says: Preprocessing) -> str:
    """Take out of a card what it says of feature vectors and hashes, for where these are not."""
    return card.replace(KEPT.format(**vars(says.references)) + "\n", "")


def write_licence(says: Preprocessing) -> str:
    """Write what is known of the rights in images and network."""
    trained = says.trained_on
    if trained.synthetic:
        return (
            "The network was trained on phantoms, which the code of this project has drawn, in the layout of "
            f"{one_line(trained.title)}.\nPhantoms, network and code are under the MIT licence.\n"
        )
    return (
        f"Images that the network was trained on: {one_line(trained.title)}\n"
        f"Licence of these images: {one_line(trained.licence)}\n"
        f"Source: {one_line(trained.source)}\nCite: {one_line(trained.citation)}\n\n"
        f"The weights of the network are derived from these images: whoever hands them on, or uses them, has "
        f"to find out what that licence asks for. The code that trained it is under the MIT licence.\n"
    )


def _origin(says: Preprocessing) -> list[str]:
    trained = says.trained_on
    if trained.synthetic:
        return ["Drawn by the code of this project, under the MIT licence."]
    return [
        f"Licence: {in_markdown(trained.licence)}. Source: {in_markdown(trained.source)}.",
        f"Cite: {in_markdown(trained.citation)}",
    ]


def _of_cohort(cohort: Mapping[str, str | None]) -> list[str]:
    return [f"- {title}: {in_markdown(cohort.get(name) or BY_AUTHORS)}" for name, title in FACTS.items()]


def _test_images(metrics: Metrics) -> list[str]:
    lines = [*_figures(metrics), "", *_figures_of_classes(metrics)]
    return [*lines, "", FEW] if any(FLAG in line for line in lines) else lines


def _figures(metrics: Metrics) -> list[str]:
    test = metrics.test
    rows = [
        f"| {full_metric_name(name)} | {value:.4f} | {_interval(test.intervals.get(name))} |"
        for name in FIGURES
        if (value := getattr(test, name)) is not None
    ]
    return [
        f"{test.n} images of {test.groups} groups (images of one patient or lesion as far as known, and "
        f"copies). No image of another data set was tested.",
        "",
        "| | value | 95 % interval |",
        "| --- | --- | --- |",
        *rows,
    ]


def _figures_of_classes(metrics: Metrics) -> list[str]:
    rows = [
        f"| {in_markdown(name)} | {of.support} | {of.recall:.4f} | {_interval(of.intervals.get('recall'))} "
        f"| {of.specificity:.4f} | {_interval(of.intervals.get('specificity'))} |"
        for name, of in metrics.test.per_class.items()
    ]
    return [
        "| class against the rest | images | sensitivity | 95 % interval | specificity | 95 % interval |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
    ]


def _conditions(says: Preprocessing, metrics: Metrics) -> list[str]:
    trained = says.trained_on
    kept_apart = guarantee_total(trained.guarantee)
    told = ", ".join(f"{count} images by {level.replace('_', ' ')}" for level, count in kept_apart.items())
    run = f"seed {trained.seed}" + ("" if trained.fold is None else f", fold {trained.fold}")
    return [
        f"- Protocol `{trained.protocol}`, {run}. Kept apart from other sides of the split: {told}.",
        f"- The epoch was chosen on the {trained.selection_split} images"
        + (", so these figures are optimistic." if metrics.selected_on_test else "."),
        *([f"- {in_markdown(trained.imported)}"] if trained.imported else []),
        f"- Split `{trained.splits_hash[:12]}`, images `{trained.data_hash[:12]}`, code "
        f"`{trained.git_commit[:12]}`.",
    ]


def _decisions(says: Preprocessing) -> list[str]:
    decided, references = says.decisions, says.references
    if decided.temperature is None:
        return ["There were no validation images, so there is no temperature, threshold, set or flag."]
    lines = [f"All of it was decided on validation images. Temperature: {decided.temperature:.3f}."]
    if decided.threshold is not None:
        lines.append(f"{in_markdown(says.classes[1])} from a probability of {decided.threshold:.3f} on.")
    if sets := decided.conformal:
        lines.append(f"Sets of classes hold the true one at a rate of {sets.level:g}.")
        lines += [in_markdown(caution) for caution in sets.cautions]
    if references.flagged_from is not None:
        lines.append(
            f"Images farther than {references.flagged_from:.3f} from the training images are flagged, which "
            f"of images of the same kind are at most {references.flagged_share:.0%}."
        )
    return [f"- {line}" for line in lines]


def _interval(found: Interval | None) -> str:
    return "" if found is None else f"{found.low:.4f} to {found.high:.4f}{f' {FLAG}' if found.flag else ''}"
