"""Moving a governed collection from one server to another."""

from pathlib import Path

import pytest

from regard.errors import InvalidParameter, ResourceAlreadyExists
from tests.people.rooms import (
    ASKER,
    DAY_MS,
    GOVERNED,
    START_MS,
    Wall,
    enrol,
    found,
    grant,
    opened,
    person,
)

PASSPHRASE = "correct horse battery"


def exported(folder: Path) -> bytes:
    """A collection with two subjects, one a user, one with a kept crop, from a server of its own."""
    with opened(folder) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED | {"team": "blue"})
        grant(people, staff, "ada", keeps_crops=True)
        grant(people, staff, "grace", expires_ms=START_MS + DAY_MS)
        stored = enrol(people, staff, "ada", 1, b"the crop")
        enrol(people, staff, "grace", 2)
        people.users.create(ASKER, staff, "ada", None)
        people.users.associate(ASKER, staff, "ada", [stored.face_id], 0.0, None)
        return people.portability.export(ASKER, staff, PASSPHRASE)


def test_moved_collection_finds_whom_it_found_and_keeps_ids_tags_users_and_consents(tmp_path: Path) -> None:
    data = exported(tmp_path / "old")
    with opened(tmp_path / "old") as people:
        before, _ = people.faces.page(people.collections.get(ASKER, "staff"), None, 10, None, None)
        consents, _ = people.consents.page(ASKER, None, None, None, 10)
    with opened(tmp_path / "new") as people:
        staff = people.portability.import_(ASKER, data, PASSPHRASE, None)
        after, _ = people.faces.page(staff, None, 10, None, None)
        assert [(face.face_id, face.subject, face.user) for face in after] == [
            (face.face_id, face.subject, face.user) for face in before
        ]
        assert found(people, staff, 1) == ["ada"]
        assert found(people, staff, 3) == []
        users = people.matching.users_like(ASKER, staff, person(1), 0.0, 10, b"probe").matches
        assert [match.user.name for match in users] == ["ada"]
        assert people.collections.tags(ASKER, staff.arn) == GOVERNED | {"team": "blue"}
        assert people.consents.page(ASKER, staff, None, None, 10)[0] == consents
        assert len(people.storage.blobs.names()) == 1


def test_moved_vectors_are_turned_otherwise(tmp_path: Path) -> None:
    data = exported(tmp_path / "old")
    with opened(tmp_path / "new") as people:
        people.portability.import_(ASKER, data, PASSPHRASE, None)
    old, new = (next((tmp_path / name / "vectors").rglob("rows")).read_bytes() for name in ("old", "new"))
    assert old[64:] != new[64:]


def test_moved_consent_ends_when_it_would_have_ended(tmp_path: Path) -> None:
    data = exported(tmp_path / "old")
    wall = Wall()
    with opened(tmp_path / "new", wall) as people:
        people.portability.import_(ASKER, data, PASSPHRASE, None)
        wall.now_ms = START_MS + DAY_MS
        staff = people.collections.get(ASKER, "staff")
        assert found(people, staff, 2) == []
        assert found(people, staff, 1) == ["ada"]


def test_file_with_a_face_whose_consent_has_expired_is_refused_whole(tmp_path: Path) -> None:
    data = exported(tmp_path / "old")
    with opened(tmp_path / "new", Wall(START_MS + DAY_MS)) as people:
        with pytest.raises(InvalidParameter, match="'grace' of the file has a face and no live consent"):
            people.portability.import_(ASKER, data, PASSPHRASE, None)
        assert people.collections.page(ASKER, None, 10) == ([], False)


def test_sandbox_cannot_be_moved(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        with pytest.raises(InvalidParameter, match="its faces have no consents"):
            people.portability.export(ASKER, trial, PASSPHRASE)


def test_file_holds_nothing_readable(tmp_path: Path) -> None:
    data = exported(tmp_path)
    assert [word for word in (b"ada", b"staff", b"the crop", person(1).tobytes()) if word in data] == []


def test_wrong_passphrase_altered_file_and_no_file_are_told_apart_from_a_collection(tmp_path: Path) -> None:
    data = exported(tmp_path / "old")
    with opened(tmp_path / "new") as people:
        for wrong, passphrase in (
            (data, "wrong passphrase"),
            (data[:-1] + bytes([data[-1] ^ 1]), PASSPHRASE),
            (data[:50], PASSPHRASE),
            (b"PK\3\4", PASSPHRASE),
        ):
            with pytest.raises(InvalidParameter, match=r"does not open the file|no exported collection"):
                people.portability.import_(ASKER, wrong, passphrase, None)
        with pytest.raises(InvalidParameter, match="The passphrase has 5 characters"):
            people.portability.export(ASKER, people.portability.import_(ASKER, data, PASSPHRASE, None), "short")


def test_collection_is_moved_and_not_copied(tmp_path: Path) -> None:
    data = exported(tmp_path)
    with opened(tmp_path) as people:
        with pytest.raises(InvalidParameter, match="is on this server already"):
            people.portability.import_(ASKER, data, PASSPHRASE, "copy")
        people.collections.delete(ASKER, "staff")
        people.collections.create(ASKER, "staff", {})
        with pytest.raises(ResourceAlreadyExists):
            people.portability.import_(ASKER, data, PASSPHRASE, None)
        assert people.portability.import_(ASKER, data, PASSPHRASE, "moved").name == "moved"
