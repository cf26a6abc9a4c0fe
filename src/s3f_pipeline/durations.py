"""How long something took, or will take, as a person would say it."""


def duration(seconds: float) -> str:
    """Write a duration to the second, the minute or the minute of an hour.

    Example:
        >>> duration(40), duration(754), duration(12_000)
        ('40 s', '13 min', '3 h 20 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
