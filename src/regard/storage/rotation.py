"""The secret rotation of one collection's vectors."""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

SEED_BYTES = 32


def rotation(seed: bytes, dimension: int) -> NDArray[np.float32]:
    """A random orthogonal matrix (dimension, dimension): `vectors @ rotation.T` keeps every length and every cosine.

    Every orthogonal matrix is as likely as any other (Haar measure). The same seed gives the same matrix on every
    machine and with every version of numpy, to about 1e-6, the rounding of its linear algebra: far below the int8 in
    which rows are stored.

    What it protects: two collections, or a collection and its renewal under another seed, cannot be linked by their
    stored vectors, and vectors without the seed cannot be turned back into faces by a network that was trained on
    the model's own embeddings. What it does not: who holds the seed has the embeddings themselves, from which a face
    can be reconstructed; cosines between rows of one collection are plain to see, so that whoever holds its file and
    as many (face, row) pairs as there are dimensions can solve for the matrix. It is no substitute for encryption.

    Raises ValueError when the seed is not 32 bytes or the dimension is below 1.
    Source: Mezzadri, https://arxiv.org/abs/math-ph/0609050, section 5; normal numbers after Box and Muller.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"The seed has {len(seed)} bytes; {SEED_BYTES} are needed.")
    if dimension < 1:
        raise ValueError(f"The dimension is {dimension}; it is at least 1.")
    factor, triangle = np.linalg.qr(_normal(seed, dimension * dimension).reshape(dimension, dimension))
    # QR is unique, and the matrix as likely as any other, only when the triangle's diagonal is made positive.
    return (factor * np.sign(np.diag(triangle))).astype(np.float32)


def _normal(seed: bytes, count: int) -> NDArray[np.float64]:
    """Independent standard normal numbers from the key stream of ChaCha20."""
    pairs = -(-count // 2)
    stream = Cipher(ChaCha20(seed, bytes(16)), mode=None).encryptor().update(bytes(16 * pairs))
    # The upper 53 bits; in (0, 1], of which the logarithm is finite.
    uniform = ((np.frombuffer(stream, "<u8") >> np.uint64(11)).astype(np.float64) + 1) / 2**53
    length, angle = np.sqrt(-2 * np.log(uniform[:pairs])), 2 * np.pi * uniform[pairs:]
    return np.concatenate([length * np.cos(angle), length * np.sin(angle)])[:count]
