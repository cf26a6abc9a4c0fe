"""From a bundle to a folder whose network runs without Keras and without this package."""
