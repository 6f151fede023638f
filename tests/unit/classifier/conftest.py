"""The shipped classifier, loaded once."""

import pytest

from voc.classifier import artefact


@pytest.fixture(scope="session")
def classifier():
    return artefact.load(artefact.shipped())
