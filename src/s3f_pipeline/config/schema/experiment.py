"""What is said of an experiment."""

from s3f_pipeline.config.schema.fields import Block


class ExperimentLabels(Block):
    """What reports call an experiment, and say about it; no result depends on it.

    Attributes:
        network_title: Name of the network.
        network_note: What a reader must know about it.
        protocol_title: Name of the protocol, with whose it is.
        class_titles: Of classes that pages and plots call by another name than tables.
    """

    network_title: str
    network_note: str
    protocol_title: str
    class_titles: dict[str, str]
