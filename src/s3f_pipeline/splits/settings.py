"""What the search for twins has to be told."""

from dataclasses import dataclass
from typing import Annotated

from s3f_pipeline.bounds import Bounds


@dataclass(frozen=True)
class TwinSettings:
    """What counts as a near-duplicate.

    Attributes:
        unexplained: Most that small movements leave unexplained between candidates, in units of what they
            leave between an image and its own crop by 5 % of the side.
        local_similarity: Least similarity on pixels, in [-1, 1], that confirms a candidate.
    """

    unexplained: Annotated[float, Bounds(gt=0)]
    local_similarity: Annotated[float, Bounds(ge=-1, le=1)]
