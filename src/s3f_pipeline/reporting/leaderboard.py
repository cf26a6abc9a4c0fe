"""The leaderboard as an HTML page and in Markdown."""

from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.reporting.facts import kept_apart_text
from s3f_pipeline.reporting.formats import FLAGGED, count, listing
from s3f_pipeline.reporting.markdown import table
from s3f_pipeline.reporting.page import render_page
from s3f_pipeline.reporting.rank_diagram import plot_ranks
from s3f_pipeline.reporting.style import figure_to_png
from s3f_pipeline.results.leaderboard import Board, BoardCohort, Duel, Leaderboard, Ranks, Row

PROTOCOLS = {"patient_safe": "Patient-safe", "published": "Published protocol"}
OTHERS = ("accuracy", "macro_f1", "auc_macro")
"""Figures beside the deciding one."""
NOTHING = "\N{EM DASH}"


def render_leaderboard(leaderboard: Leaderboard) -> str:
    """Render the leaderboard as one HTML page without scripts."""
    cohorts = [cohort for board in leaderboard.boards.values() for cohort in board.cohorts]
    return render_page(
        "leaderboard.html",
        leaderboard=leaderboard,
        protocols=PROTOCOLS,
        others=others(leaderboard),
        guaranteed={cohort.file: kept_apart_text(cohort.guarantee) for cohort in cohorts},
        overviews={protocol: _overview(board) for protocol, board in leaderboard.boards.items()},
        flagged=FLAGGED,
        least_p={
            protocol: _least_p(board.ranks, leaderboard.confidence)
            for protocol, board in leaderboard.boards.items()
            if board.ranks
        },
        rank_diagrams={
            protocol: figure_to_png(plot_ranks(board.ranks))
            for protocol, board in leaderboard.boards.items()
            if board.ranks
        },
        synthetic=any(cohort.synthetic for cohort in cohorts),
    )


def markdown_blocks(leaderboard: Leaderboard, links: str) -> dict[str, str]:
    """Parts of the leaderboard in Markdown.

    Args:
        leaderboard: What is worded.
        links: What the address of a comparison begins with.

    Returns:
        By name: ``<cohort> <protocol>`` for each comparison, ``pairs <protocol>`` and ``ranks <protocol>``.
    """
    blocks = {}
    for protocol, board in leaderboard.boards.items():
        for cohort in board.cohorts:
            blocks[f"{cohort.cohort} {protocol}"] = _cohort(cohort, leaderboard, links)
        blocks[f"pairs {protocol}"] = _duels(board)
        blocks[f"ranks {protocol}"] = _ranks(board, leaderboard.confidence)
    return blocks


def write_markdown(leaderboard: Leaderboard) -> str:
    """The whole leaderboard in Markdown, beside the HTML page."""
    parts = ["# Leaderboard"]
    for protocol, board in leaderboard.boards.items():
        blocks = markdown_blocks(leaderboard, "")
        parts.append(f"## {PROTOCOLS.get(protocol, protocol)}")
        for cohort in board.cohorts:
            parts += [f"### {cohort.title}", blocks[f"{cohort.cohort} {protocol}"]]
        parts += [
            "### Networks against one another",
            blocks[f"pairs {protocol}"],
            blocks[f"ranks {protocol}"],
        ]
    return "\n\n".join(parts) + "\n"


def others(leaderboard: Leaderboard) -> list[str]:
    """Figures that are shown beside the deciding one: those that every network has."""
    rows = [row for board in leaderboard.boards.values() for one in board.cohorts for row in one.rows]
    return [name for name in OTHERS if name != leaderboard.figure and all(name in row.others for row in rows)]


def _overview(board: Board) -> dict[str, dict[str, float]]:
    """The deciding figure by network and cohort."""
    figures: dict[str, dict[str, float]] = {}
    for cohort in board.cohorts:
        for row in cohort.rows:
            figures.setdefault(row.network, {})[cohort.cohort] = row.value
    return figures


def _cohort(cohort: BoardCohort, leaderboard: Leaderboard, links: str) -> str:
    shown = others(leaderboard)
    titles = ["network", "weights", "runs", f"{metric_name(leaderboard.figure)} (95 %)"]
    titles += [*map(metric_name, shown), "better than", "worse than", "practically equal to"]
    rows = [
        [
            f"`{row.network}`",
            count(row.parameters),
            str(row.seeds),
            _with_interval(row),
            *(f"{row.others[name]:.3f}" for name in shown),
            *map(_names, (row.better_than, row.worse_than, row.equal_to)),
        ]
        for row in cohort.rows
    ]
    told = [
        f"{count(cohort.images)} test images of {count(cohort.groups)} groups. "
        f"[Comparison]({links}{cohort.file}), runs `{cohort.runs_hash[:8]}`, "
        f"split `{cohort.splits_hash[:8]}`."
    ]
    if any(row.interval and row.interval.flag for row in cohort.rows):
        told.append("A star: too few groups in a class for this interval.")
    if cohort.advice:
        told.append(f"By validation alone: `{cohort.advice}`.")
    if cohort.selected_on_test:
        told.append("**The epoch was chosen on the test images.**")
    if not cohort.counts:
        told.append("Its patients are those of another cohort, which counts in its place.")
    for claim in cohort.claims:
        told.append(
            f"Published: {claim.better} better than {claim.other}; false with probability "
            f"{claim.p_false.low:.3f} to {claim.p_false.high:.2f} at least."
        )
    parts = [table(titles, rows), " ".join(told)]
    if cohort.published:
        parts.append(
            table(
                ["published", "accuracy", "weighted F1", "AUC", "note"],
                [
                    [
                        row.model,
                        *(_number(value) for value in (row.accuracy, row.weighted_f1, row.auc_macro)),
                        row.note,
                    ]
                    for row in cohort.published
                ],
            )
        )
    return "\n\n".join(parts)


def _duels(board: Board) -> str:
    rows = [
        [
            f"`{duel.first}` − `{duel.second}`",
            str(len(duel.differences)),
            f"{duel.mean:+.3f}",
            NOTHING if duel.effect_size is None else f"{duel.effect_size:+.2f}",
            *(str(times) for times in (duel.better, duel.worse, duel.equal, duel.not_shown)),
            _p(duel),
        ]
        for duel in board.duels
    ]
    titles = ["difference", "cohorts", "mean", "effect size", "better", "worse", "practically equal"]
    return table([*titles, "no difference shown", "p (Wilcoxon, Holm)"], rows)


def _ranks(board: Board, confidence: float) -> str:
    if board.ranks is None:
        return f"{board.why_no_ranks}"
    ranks = table(
        ["network", "mean rank"], [[f"`{name}`", f"{mean:.2f}"] for name, mean in board.ranks.means.items()]
    )
    joined = "; ".join(listing([f"`{name}`" for name in names]) for names in board.ranks.joined)
    return (
        f"{ranks}\n\nOver {board.ranks.families} cohorts; Friedman p = {board.ranks.friedman_p:.3f}. "
        f"Not shown to differ: {joined or 'none'}. {_least_p(board.ranks, confidence)}"
    )


def _least_p(ranks: Ranks, confidence: float) -> str:
    told = f"The least corrected p that {ranks.families} cohorts can give is {ranks.least_p:.3f}"
    if ranks.least_p < 1 - confidence:
        return f"{told}."
    return f"{told}: so few cannot show any two networks to differ."


def _with_interval(row: Row) -> str:
    if row.interval is None:
        return f"{row.value:.3f}"
    flagged = FLAGGED if row.interval.flag else ""
    return f"{row.value:.3f} ({row.interval.low:.3f} to {row.interval.high:.3f}){flagged}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or NOTHING


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4f}"


def _p(duel: Duel) -> str:
    return NOTHING if duel.p_holm is None else f"{duel.p_holm:.3f}"
