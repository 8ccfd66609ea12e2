"""The log: a Merkle tree of acts on disk that outsiders can verify."""
