"""The only room that imports MLflow.

MLflow is imported when a run is tracked, not before. Training never dies because tracking does.
"""
