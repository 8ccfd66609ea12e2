"""What storage can fail with. `people` and `operations` turn these into errors of the API.

StorageError
├── Corrupt          a file is not what it should be
├── DataFolderInUse  another process holds the data folder
├── DiskFull         nothing was stored
└── KeyProblem       the master key is missing, malformed or another one
"""


class StorageError(Exception):
    """The message names the thing, its value and what to do about it."""


class Corrupt(StorageError):
    """A file is of another format or dimension, or damaged beyond what a crash leaves behind."""


class DataFolderInUse(StorageError):
    """Another process holds the data folder."""


class DiskFull(StorageError):
    """There was no room to store something; nothing of it was left behind."""


class KeyProblem(StorageError):
    """The master key is missing, malformed or not the one the data were written with."""
