"""From raw images and bundles to probabilities."""
