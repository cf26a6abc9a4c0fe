"""Many experiments over processes and clusters: one process, one experiment, one MLflow run."""
