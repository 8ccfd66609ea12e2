"""Folders whose entries survive a loss of power."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Return once names made, changed or removed in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
