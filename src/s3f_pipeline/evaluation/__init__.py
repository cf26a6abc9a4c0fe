"""Metrics and intervals: what a table of predictions is worth."""
