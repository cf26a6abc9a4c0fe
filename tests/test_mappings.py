from s3f_pipeline.mappings import dotted


def test_dotted_walks_to_the_leaves():
    tree = {"training": {"epochs": 12, "optimizer": {"name": "adam"}}, "seed": 0}
    assert list(dotted(tree)) == [
        ("training.epochs", 12),
        ("training.optimizer.name", "adam"),
        ("seed", 0),
    ]
