"""Wiring of the splitting."""

from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.schema import Protocol
from s3f_pipeline.pipelines.splitting.nodes import audit, group, inject_leak, search_twins, split


def create_groups(cohort: str) -> Pipeline:
    """Build the search for twins, the groups and the leakage audit of one cohort."""
    return pipeline(
        [
            node(
                search_twins,
                inputs=["params:twins", "index", "thumbnails"],
                outputs="twins",
                name="search_twins",
            ),
            node(group, inputs=["params:data", "index", "twins"], outputs="groups", name="group"),
            node(
                audit,
                inputs=["params:data", "params:twins", "index", "groups", "twins"],
                outputs="leakage_audit",
                name="audit",
            ),
        ],
        namespace=cohort,
        tags="splitting",
    )


def create_splits(cohort: str, protocol: Protocol) -> Pipeline:
    """Build the splits of one cohort under one protocol."""
    return pipeline(
        [
            node(
                update_wrapper(partial(split, protocol), split),
                inputs=["params:data", "params:splitting", "index", "groups"],
                outputs="splits",
                name="split",
            )
        ],
        namespace=f"{cohort}.{protocol}",
        inputs={"index": f"{cohort}.index", "groups": f"{cohort}.groups"},
        parameters={
            "params:data": f"params:{cohort}.data",
            "params:splitting": f"params:{cohort}.splitting",
        },
        tags="splitting",
    )


def create_arm_splits(cohort: str, protocol: Protocol) -> Pipeline:
    """Build the splits of ``leak_free`` or ``leaking`` from the patient-safe ones."""
    return pipeline(
        [
            node(
                update_wrapper(partial(inject_leak, protocol), inject_leak),
                inputs=[
                    "params:data",
                    "params:splitting",
                    "params:leakage_effect",
                    "index",
                    "groups",
                    "safe",
                ],
                outputs="splits",
                name="inject_leak",
            )
        ],
        namespace=f"{cohort}.{protocol}",
        inputs={
            "index": f"{cohort}.index",
            "groups": f"{cohort}.groups",
            "safe": f"{cohort}.patient_safe.splits",
        },
        parameters={
            f"params:{noun}": f"params:{cohort}.{noun}" for noun in ("data", "splitting", "leakage_effect")
        },
        tags="splitting",
    )
