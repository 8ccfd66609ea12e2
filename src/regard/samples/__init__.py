"""A photograph to try Regard on: PROVENANCE.md says whose it is."""

from importlib import resources


def astronaut() -> bytes:
    """A JPEG, 512 by 512, of one person who faces the camera. Public domain (NASA)."""
    return (resources.files(__package__) / "astronaut.jpg").read_bytes()
