"""Why a network said so: branches, frequencies, places, neighbours and labels, each with what it is worth.

Nothing is drawn here. ``settings`` can be imported without Keras; ``explain`` needs it.
"""
