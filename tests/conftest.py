"""Fixtures that several rooms share."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.models.engine import Engine, EngineOptions
from regard.models.weights import WeightStore, default_folder


@pytest.fixture(scope="session")
def store() -> WeightStore:
    """The user's own cache of weights, so that a second run fetches nothing."""
    return WeightStore(default_folder(os.environ))


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine(EngineOptions(threads=2, streams=1, cache_folder=None))


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of pictures and clips that is not part of the repository."""
    folder = Path(__file__).parents[2] / "shared" / "testdata"
    if not folder.is_dir():
        pytest.skip("shared/testdata is not on this machine")
    return folder


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """(512, 512, 3) RGB, one face at about (177, 64)-(271, 181). Public domain (NASA), from scikit-image."""
    from skimage import data

    picture: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    return picture


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of AWS's services as moto has them, in this process, with nothing in them.

    What is in them is the process's, whatever server answers: an earlier module's queue would still have its messages.
    """
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
    yield address
    server.stop()
