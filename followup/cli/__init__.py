"""To be described by its owner."""


def main() -> None:
    """Replaced by the lead."""
