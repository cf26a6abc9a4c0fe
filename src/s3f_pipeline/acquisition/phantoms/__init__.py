"""Drawn images in the layout of any cohort, for demonstrations and tests.

They let the same readers, splits and networks run without patients' images. They have no medical
meaning. Some are copies or further views of others, so that the leakage audit has something to find.
"""

from s3f_pipeline.acquisition.phantoms.draw import description, draw_phantoms

__all__ = ["description", "draw_phantoms"]
