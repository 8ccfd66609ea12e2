"""What storage can fail with. `people` and `operations` turn these into errors of the API.

StorageError
├── BadBackup        an archive is no backup, damaged, or dangerous to unpack
├── Corrupt          a file is not what it should be
├── DataFolderInUse  another process holds the data folder
├── DiskFull         nothing was stored
└── KeyProblem       the master key is missing, malformed or another one
"""


class StorageError(Exception):
    """The message names the thing, its value and what to do about it."""


class BadBackup(StorageError):
    """An archive is no backup of a data folder, is damaged, or names files outside of one; nothing was restored."""


class Corrupt(StorageError):
    """A file is of another format or dimension, or damaged beyond what a crash leaves behind."""


class DataFolderInUse(StorageError):
    """Another process holds the data folder."""


class DiskFull(StorageError):
    """There was no room to store something; nothing of it was left behind."""


class KeyProblem(StorageError):
    """The master key is missing, malformed or not the one the data were written with."""
