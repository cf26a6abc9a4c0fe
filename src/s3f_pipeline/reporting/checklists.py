"""CLAIM 2024 and TRIPOD+AI, filled with what is known of a run.

Items have the numbers of the publications; their wording here is our own and short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from s3f_pipeline.reporting.answers import AUTHORS, Answer
from s3f_pipeline.reporting.markdown import table
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.study import study_answers
from s3f_pipeline.text import BY_AUTHORS, PHANTOMS, in_markdown

ITEMS = "checklist_items"
"""Folder of the files that list the items."""
CHECKLISTS = ("claim_2024", "tripod_ai")
INTRODUCTION = (
    "Filled by the software from the files of the run and from the card of the cohort in the configuration. "
    "What they do not know is left to the authors, who answer for all of it. An interval with a star is of "
    "too few groups of images to be relied on."
)
NO_PATIENTS = "What is asked about patients, centres and labels has no answer here."


@dataclass(frozen=True)
class Item:
    """An item of a checklist.

    Attributes:
        number: As it is published.
        section: That it stands in.
        asks: What for, in short.
        answers: Names of the answers that belong there, those of ``study_answers``.
        left: What the authors add to them.
        unless: Name of the answer with which they need not.
    """

    number: str
    section: str
    asks: str
    answers: tuple[str, ...] = ()
    left: str = ""
    unless: str = ""

    def filled(self, known: Mapping[str, Answer]) -> "FilledItem":
        """Answer it with what is known, and say what is left to the authors."""
        found = tuple(known[name] for name in self.answers if name in known)
        is_left = not found or (self.left and self.unless not in known)
        what = f"{BY_AUTHORS}: {self.left}" if self.left else BY_AUTHORS
        left = (Answer(what, AUTHORS),) if is_left else ()
        return FilledItem(self.number, self.section, self.asks, found + left)


@dataclass(frozen=True)
class FilledItem:
    """An item of a checklist, with at least one answer."""

    number: str
    section: str
    asks: str
    answers: tuple[Answer, ...]

    @property
    def by_authors(self) -> int:
        """How many of its answers the authors have to give."""
        return sum(answer.source == AUTHORS for answer in self.answers)


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
        return sum(item.by_authors == len(item.answers) for item in self.items)

    @property
    def left_in_part(self) -> int:
        """How many items have an answer to which the authors add something."""
        return sum(0 < item.by_authors < len(item.answers) for item in self.items)


@cache
def read_items(checklist: str) -> tuple[Item, ...]:
    """Read the items of one of ``CHECKLISTS``."""
    return tuple(
        Item(
            str(item["item"]), section, item["asks"], tuple(item.get("answers", ())),
            item.get("left", ""), item.get("unless", ""),
        )
        for section, listed in _content(checklist)["sections"].items()
        for item in listed
    )  # fmt: skip


def fill_checklists(report: ReportData) -> tuple[Checklist, ...]:
    """Fill both checklists.

    Args:
        report: All that the report shows.
    """
    known = study_answers(report)
    return tuple(
        Checklist(
            _content(checklist)["name"],
            _content(checklist)["citation"],
            tuple(item.filled(known) for item in read_items(checklist)),
        )
        for checklist in CHECKLISTS
    )


def checklists_markdown(checklists: tuple[Checklist, ...], title: str, *, synthetic: bool) -> str:
    """Both checklists as one Markdown file.

    Args:
        checklists: Filled.
        title: Of the experiment.
        synthetic: Whether the images are phantoms.
    """
    parts = [f"# Checklists of {in_markdown(title)}", *([PHANTOMS, NO_PATIENTS] if synthetic else [])]
    parts.append(INTRODUCTION)
    for filled in checklists:
        rows = [
            [item.number, item.section, item.asks, answer.text, answer.source]
            for item in filled.items
            for answer in item.answers
        ]
        parts += [f"## {filled.name}", f"{filled.citation}."]
        parts.append(table(["Item", "Section", "Asks for", "Answer", "From"], rows, plain=True))
    return "\n\n".join(parts) + "\n"


@cache
def _content(checklist: str) -> Mapping[str, Any]:
    found = files("s3f_pipeline.reporting") / ITEMS / f"{checklist}.yml"
    content: Mapping[str, Any] = yaml.safe_load(found.read_text(encoding="utf-8"))
    return content
