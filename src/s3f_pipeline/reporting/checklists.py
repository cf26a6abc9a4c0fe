"""CLAIM 2024 and TRIPOD+AI, filled with what is known of a run.

Items have the numbers of the publications; their wording here is our own and short.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from s3f_pipeline.reporting.claim import CLAIM
from s3f_pipeline.reporting.markdown import table
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.study import Answer, study_answers
from s3f_pipeline.reporting.tripod import TRIPOD
from s3f_pipeline.text import BY_AUTHORS, in_markdown

LEFT = Answer(BY_AUTHORS, "the authors")
INTRODUCTION = (
    "Filled by the software from the files of the run and from the card of the cohort in the configuration. "
    "What they do not know is left to the authors, who answer for all of it."
)


@dataclass(frozen=True)
class FilledItem:
    """An item of a checklist, with at least one answer."""

    number: str
    section: str
    asks: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Checklist:
    """A filled checklist.

    Attributes:
        name: As it is known.
        citation: Of its publication.
        items: In its order.
    """

    name: str
    citation: str
    items: tuple[FilledItem, ...]

    @property
    def left_to_authors(self) -> int:
        """How many items have no answer but that the authors give one."""
        return sum(item.answers == (LEFT,) for item in self.items)


def fill_checklists(report: ReportData) -> tuple[Checklist, ...]:
    """Fill both checklists.

    Args:
        report: All that the report shows.
    """
    answers = study_answers(report)
    return (
        Checklist(
            "CLAIM 2024",
            "Tejani et al., Checklist for Artificial Intelligence in Medical Imaging: 2024 Update, "
            "Radiology: Artificial Intelligence 6(4), e240300 (2024)",
            _filled(CLAIM, answers),
        ),
        Checklist(
            "TRIPOD+AI",
            "Collins et al., TRIPOD+AI statement, BMJ 385, e078378 (2024)",
            _filled(TRIPOD, answers),
        ),
    )


def checklists_markdown(checklists: tuple[Checklist, ...], title: str) -> str:
    """Both checklists as one Markdown file."""
    parts = [f"# Checklists of {in_markdown(title)}", INTRODUCTION]
    for filled in checklists:
        rows = [
            [item.number, item.section, item.asks, answer.text, answer.source]
            for item in filled.items
            for answer in item.answers
        ]
        parts += [f"## {filled.name}", f"{filled.citation}."]
        parts.append(table(["Item", "Section", "Asks for", "Answer", "From"], rows))
    return "\n\n".join(parts) + "\n"


def _filled(
    items: tuple[tuple[str, str, str, tuple[str, ...]], ...], answers: Mapping[str, Answer]
) -> tuple[FilledItem, ...]:
    return tuple(
        FilledItem(
            number,
            section,
            asks,
            tuple(answers[name] for name in names if name in answers) or (LEFT,),
        )
        for number, section, asks, names in items
    )
