"""Two face model versions beside each other in one data folder."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.errors import InvalidParameter
from regard.people.open import People, open_people
from regard.people.records import Collection
from regard.storage.open import Storage
from tests.people.rooms import ASKER, GOVERNED, MASTER, Wall, face, grant

DIMENSIONS = {"1.0": 128, "2.0": 640}


def opened_with(folder: Path, version: str) -> People:
    return open_people(
        Storage.open(folder, MASTER), model_version=version, dimension_of=DIMENSIONS.__getitem__, wall=Wall()
    )


def embedding(version: str) -> NDArray[np.float32]:
    vector = np.random.default_rng(7).normal(size=DIMENSIONS[version])
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def found(people: People, collection: Collection) -> list[tuple[str | None, str]]:
    answer = people.matching.faces_like(ASKER, collection, embedding(collection.model_version), 0.0, 10, b"probe")
    return [(match.face.external_image_id, match.face.model_version) for match in answer.matches]


def test_collections_keep_their_version_when_the_server_moves_to_another(tmp_path: Path) -> None:
    people = opened_with(tmp_path, "1.0")
    old = people.collections.create(ASKER, "old", GOVERNED)
    grant(people, old, "ada")
    people.faces.enrol(ASKER, old, b"picture", "ada", [face(embedding("1.0"))])
    people.close()
    people = opened_with(tmp_path, "2.0")
    old, new = people.collections.get(ASKER, "old"), people.collections.create(ASKER, "new", GOVERNED)
    grant(people, new, "ada")
    people.faces.enrol(ASKER, new, b"picture", "ada", [face(embedding("2.0"))])
    assert found(people, old) == [("ada", "1.0")]
    assert found(people, new) == [("ada", "2.0")]
    ids = {people.faces.page(one, None, 10, None, None)[0][0].face_id for one in (old, new)}
    people.close()
    assert len(ids) == 2


def test_vector_of_another_version_is_neither_stored_nor_searched_for(tmp_path: Path) -> None:
    people = opened_with(tmp_path, "1.0")
    trial = people.collections.create(ASKER, "trial", {})
    people.faces.enrol(ASKER, trial, b"picture", None, [face(embedding("1.0"))])
    with pytest.raises(ValueError, match="640"):
        people.faces.enrol(ASKER, trial, b"another", None, [face(embedding("2.0"))])
    with pytest.raises(ValueError, match="640"):
        people.matching.faces_like(ASKER, trial, embedding("2.0"), 0.0, 10, b"probe")
    assert people.collections.counts(trial) == (1, 0)
    people.close()


def test_collection_of_an_unknown_version_is_not_imported(tmp_path: Path) -> None:
    people = opened_with(tmp_path / "old", "1.0")
    staff = people.collections.create(ASKER, "staff", GOVERNED, model_version="0.9")
    grant(people, staff, "ada")
    DIMENSIONS["0.9"] = 128
    data = people.portability.export(ASKER, staff, "correct horse battery")
    people.close()
    del DIMENSIONS["0.9"]
    people = opened_with(tmp_path / "new", "2.0")
    with pytest.raises(InvalidParameter, match=r"version is '0\.9'; this server does not have it"):
        people.portability.import_(ASKER, data, "correct horse battery", None)
    people.close()
