from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines.runner import _pipeline_of
from s3f_pipeline.pipelines.stages import stages_of


def test_every_stage_is_known_with_all_that_it_stands_on(load_config):
    loader = load_config()
    pipelines = register_pipelines()
    for name in ("brisc_bilinear", "brisc_bilinear_published", "brisc_audit", "brisc_link_patients"):
        for stage in stages_of(pipelines[name]):
            known = {each.title: each for each in stages_of(pipelines[_pipeline_of(stage, loader)])}
            assert set(known[stage.title].pipeline.nodes) == set(stage.pipeline.nodes)
            written = {output for each in known.values() for output in each.pipeline.all_outputs()}
            files = {name for name in stage.pipeline.inputs() if not name.startswith("params:")}
            folders = {name for name in files if name.endswith(("_root", "_folder", "_state", "_salt"))}
            assert files - folders <= written
