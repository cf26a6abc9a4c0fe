"""Bundles: one folder with all that a trained network needs to be used elsewhere."""
