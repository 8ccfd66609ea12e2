"""Our service model and botocore's own, which the tests take their expectations from."""

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel

from regard.wire.model import ServiceModel


@pytest.fixture(scope="session")
def model() -> ServiceModel:
    return ServiceModel.load()


@pytest.fixture(scope="session")
def botocore_model() -> BotocoreModel:
    return BotocoreModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")
