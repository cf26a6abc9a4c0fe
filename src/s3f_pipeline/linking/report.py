"""What came of matching two cohorts, in numbers."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from s3f_pipeline.linking.match import DIGITS, MatchSettings

STATES = ("matched", "ambiguous", "unmatched")
QUANTILES = {"lowest": 0.0, "1 %": 0.01, "median": 0.5, "99 %": 0.99, "highest": 1.0}


def link_report(
    matches: pd.DataFrame,
    known: pd.Series,
    *,
    cohort: str,
    other: str,
    settings: MatchSettings,
    table: str | None,
) -> dict[str, Any]:
    """Count and list what two cohorts say of the same images.

    Args:
        matches: As ``match_cohorts`` returns them.
        known: Subject of each image as the index of the cohort has it now, in the order of ``matches``.
        cohort: Name of the cohort.
        other: Name of the cohort that knows more.
        settings: With which they were matched.
        table: Name of the table in use, ``None`` where there is none.

    Returns:
        The content of ``link_report.json``. ``contradictory_labels`` lists matched images whose label there
        is another class of this cohort; labels that this cohort does not have are not compared.
        ``agreement`` compares the subjects found with those in use.
    """
    matched = matches[matches["status"] == "matched"]
    states = pd.crosstab(matches["label"], matches["status"]).reindex(columns=STATES, fill_value=0)
    comparable = matched[matched["linked_label"].isin(matches["label"].unique())]
    contradictory = comparable[comparable["linked_label"] != comparable["label"]]
    ambiguous = matches[matches["status"] == "ambiguous"]
    unmatched = matches[matches["status"] == "unmatched"]
    return {
        "cohort": cohort,
        "linked_to": other,
        "images": len(matches),
        **{state: int((matches["status"] == state).sum()) for state in STATES},
        "subjects": int(matched["subject"].nunique()),
        "by_class": {
            str(label): {str(state): int(count) for state, count in row.items()}
            for label, row in states.iterrows()
        },
        "orientations": {str(name): int(n) for name, n in matched["orientation"].value_counts().items()},
        "correlations": {
            "of_matched": _quantiles(matched["correlation"]),
            "of_matched_with_other_subjects": _quantiles(matched["elsewhere"]),
            "of_unmatched": _quantiles(unmatched["correlation"]),
        },
        "labels_compared": len(comparable),
        "contradictory_labels": _listed(
            contradictory, ["image", "label", "linked", "linked_label", "subject"]
        ),
        "ambiguous_images": _listed(ambiguous, ["image", "linked", "subject", "correlation", "elsewhere"]),
        "agreement": {"table": table, **_agreement(matches, known)},
        "settings": asdict(settings),
    }


def _agreement(matches: pd.DataFrame, known: pd.Series) -> dict[str, int]:
    found = matches["subject"].where(matches["status"] == "matched").astype("string").reset_index(drop=True)
    in_use = known.astype("string").reset_index(drop=True)
    both = found.notna() & in_use.notna()
    return {
        "same": int((found == in_use).fillna(False).sum()),
        "different": int((both & (found != in_use).fillna(False)).sum()),
        "found_but_not_in_use": int((found.notna() & in_use.isna()).sum()),
        "in_use_but_not_found": int((found.isna() & in_use.notna()).sum()),
    }


def _quantiles(values: pd.Series) -> dict[str, float] | None:
    if values.empty:
        return None
    return {name: round(float(values.quantile(share)), DIGITS) for name, share in QUANTILES.items()}


def _listed(rows: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in rows[columns].round(DIGITS).to_dict("records")
    ]
