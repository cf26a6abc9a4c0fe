"""The report of one experiment: a single HTML file that loads nothing from outside itself."""

from s3f_pipeline.evaluation.estimates import FLAG
from s3f_pipeline.reporting import explanation, facts
from s3f_pipeline.reporting.checklists import INTRODUCTION, fill_checklists
from s3f_pipeline.reporting.page import render_page
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.summary import summarise
from s3f_pipeline.text import BY_AUTHORS


def render_report(report: ReportData) -> str:
    """Render the report as one HTML page without scripts.

    Args:
        report: Everything the report shows. Text is escaped, whoever wrote it.

    Returns:
        The HTML page.

    Raises:
        jinja2.UndefinedError: If something that the report must show is missing.
    """
    listed_groups, unlisted_groups = facts.leaking_groups(report.audit)
    return render_page(
        "report.html",
        **vars(report) | {"pictures": explanation.fit_to_page(report.pictures)},
        summary=summarise(report),
        by_authors=BY_AUTHORS,
        checklists=fill_checklists(report),
        checklists_introduction=INTRODUCTION,
        words=explanation.words(report.explanation),
        accuracy=facts.accuracy_facts(report.metrics, report.cohort["classes"]),
        flag=FLAG,
        no_skill=facts.no_skill_scores(report.metrics),
        guarantee=facts.guarantee_text(
            report.experiment["guarantee"],
            report.quality["header_ids"],
            report.quality["incomparable_ids"],
        ),
        readings_text=facts.readings_text(report.audit),
        guarantee_table=facts.guarantee_table(report.experiment["guarantee"]),
        listed_groups=listed_groups,
        unlisted_groups=unlisted_groups,
        history_table=facts.history_table(report.history, report.experiment["selection_split"]),
    )
