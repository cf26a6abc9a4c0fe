from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines.runner import _prepared_alone
from s3f_pipeline.pipelines.stages import stages_of


def test_cohorts_that_share_raw_files_acquire_them_one_after_the_other(load_config):
    loader = load_config()
    pipelines = register_pipelines()

    def names(cohort):
        stages = stages_of(pipelines[f"{cohort}_audit"])
        return [_prepared_alone(stage, loader) for stage in stages if not stage.is_experiment]

    full, small, other = (names(cohort) for cohort in ("brisc", "brisc_64", "busi"))
    assert full[0] == small[0] != other[0]
    assert not {*full[1:]} & {*small[1:]}
