"""What is known of a cohort beyond its files: the card that reports and checklists quote."""

from typing import Annotated

from pydantic import Field

from s3f_pipeline.config.schema.fields import Block

Fact = Annotated[str, Field(min_length=1)]
"""A sentence or two, as reports quote them."""


class CohortCard(Block):
    """Facts about a cohort that no file of it tells; what is left out, the authors of a study complete.

    Attributes:
        purpose: What a network that is trained on it is meant for, and for whom.
        not_for: What it is not meant for.
        background: The clinical question, and where it stands in the care of patients.
        population: Who the patients are.
        setting: Where the images were taken, and in how many places.
        dates: When the images were taken.
        eligibility: Who, and which images, were included and excluded.
        acquisition: With what, and how, the images were taken.
        preparation: What was done to the images before they were published.
        reference_standard: What the labels rest on.
        annotators: Who labelled, and what is known of them.
        agreement: How far those who labelled agree.
        deidentification: How images were freed of what names a patient.
        demographics: Age and sex of the patients.
        ethics: Approval and consent.
        funding: Who paid for the data set.
        limitations: What speaks against taking results for those of other patients.
    """

    purpose: Fact | None = None
    not_for: Fact | None = None
    background: Fact | None = None
    population: Fact | None = None
    setting: Fact | None = None
    dates: Fact | None = None
    eligibility: Fact | None = None
    acquisition: Fact | None = None
    preparation: Fact | None = None
    reference_standard: Fact | None = None
    annotators: Fact | None = None
    agreement: Fact | None = None
    deidentification: Fact | None = None
    demographics: Fact | None = None
    ethics: Fact | None = None
    funding: Fact | None = None
    limitations: Fact | None = None
