"""Batches, fit loop and callbacks. Runs wherever Keras, NumPy, pandas and scikit-learn are."""
