import hashlib

import numpy as np
import pytest

from regard.storage.rotation import rotation


def seed(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


@pytest.mark.parametrize("dimension", [1, 2, 3, 128, 640])
def test_lengths_and_cosines_are_kept(dimension: int) -> None:
    matrix = rotation(seed(1), dimension)
    assert matrix.dtype == np.float32
    assert matrix @ matrix.T == pytest.approx(np.eye(dimension), abs=2e-6)


def test_the_same_seed_gives_the_same_matrix_for_ever() -> None:
    # The key stream of ChaCha20 for a zero key (RFC 8439, A.1, test vector 1) begins with the words 76b8..., 405d...,
    # bdd2... and a836.... Of the two pairs of normal numbers the first pair, in the angle that the third word says, is
    # the matrix's first column before it is scaled.
    angle = 2 * np.pi * int.from_bytes(bytes.fromhex("bdd219b8a08ded1a"), "little") / 2**64
    assert rotation(bytes(32), 2)[:, 0] == pytest.approx([np.cos(angle), np.sin(angle)], abs=1e-6)


def test_other_seeds_give_unrelated_matrices() -> None:
    cosines = rotation(seed(1), 128) @ rotation(seed(2), 128).T
    # Components of random unit vectors, 16,384 of them: standard deviation 1/sqrt(128), none beyond six of these.
    assert cosines.std() == pytest.approx(1 / np.sqrt(128), rel=0.03)
    assert np.abs(cosines).max() < 6 / np.sqrt(128)


def test_every_rotation_of_the_plane_is_as_likely_and_half_are_reflections() -> None:
    matrices = np.stack([rotation(seed(number), 2) for number in range(2000)])
    angles = np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])
    eighths = np.histogram(angles, bins=8, range=(-np.pi, np.pi))[0]
    # Chi-squared of 7 degrees of freedom: above 24.3 once in 1,000.
    assert ((eighths - 250) ** 2 / 250).sum() < 24.3
    # Binomial: standard deviation 22.
    assert abs((np.linalg.det(matrices) > 0).sum() - 1000) < 80


@pytest.mark.parametrize("dimension", [3, 16])
def test_diagonals_have_the_mean_and_variance_of_haar_measure(dimension: int) -> None:
    diagonals = np.concatenate([np.diag(rotation(seed(number), dimension)) for number in range(1000)])
    # Without the sign of the triangle they would all lean to one side.
    assert diagonals.mean() == pytest.approx(0, abs=4 / np.sqrt(1000 * dimension * dimension))
    assert diagonals.var() == pytest.approx(1 / dimension, rel=0.1)


@pytest.mark.parametrize(
    ("bad", "dimension", "message"),
    [(bytes(31), 2, "31 bytes; 32"), (b"", 2, "0 bytes; 32"), (bytes(32), 0, "dimension is 0")],
    ids=["short", "empty", "no dimension"],
)
def test_what_is_no_seed_or_no_dimension_is_refused(bad: bytes, dimension: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rotation(bad, dimension)
