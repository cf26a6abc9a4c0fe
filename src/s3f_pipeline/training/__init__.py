"""Batches, fit loop and callbacks. Runs wherever Keras, NumPy, pandas and scikit-learn are."""

import s3f_pipeline.backend  # noqa: F401 - imports Keras, without TensorFlow's chatter
