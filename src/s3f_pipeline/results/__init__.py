"""What experiments have left on disk, read in one way: typed artefacts, and the finished runs."""

from s3f_pipeline.results.identity import Conditions, RunId, require_equal
from s3f_pipeline.results.runs import FinishedRun, find_runs, runs_hash, warn_of_damage

__all__ = ["Conditions", "FinishedRun", "RunId", "find_runs", "require_equal", "runs_hash", "warn_of_damage"]
