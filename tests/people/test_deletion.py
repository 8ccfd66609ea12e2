"""Deletion that deletes: every byte of the data folder is searched for what was deleted."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from regard.ledger.errors import LedgerFull
from regard.people.open import People
from regard.people.records import Collection
from regard.storage import schema
from regard.storage.keyring import subkey
from regard.storage.rotation import rotation
from tests.people.rooms import (
    ASKER,
    DAY_MS,
    DIMENSION,
    GOVERNED,
    START_MS,
    YEAR_MS,
    Wall,
    enrol,
    face,
    grant,
    opened,
    person,
)

CROP = b"\xff\xd8 the crop of a face, which only its subject's key opens" * 20


def bytes_of(folder: Path) -> bytes:
    """All bytes of all files below a folder."""
    return b"\0\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def traces_of(people: People, collection: Collection, subject: str, number: int) -> dict[str, bytes]:
    """What may be on the disk of a subject: the vector in each precision, the sealed crop, the sealed and bare key."""
    secret = people.storage.keyring.unwrap(collection.wrapped_key, f"collection:{collection.key}")
    turned = person(number) @ rotation(subkey(secret, "rotation"), DIMENSION)
    rows = np.round(turned / (np.abs(turned).max() / 127)).astype(np.int8)
    with people.storage.reading() as connection:
        of_subject = (schema.subjects.c.collection_key == collection.key) & (schema.subjects.c.name == subject)
        row = connection.execute(select(schema.subjects).where(of_subject)).one()
        blob = connection.execute(select(schema.faces.c.crop).where(schema.faces.c.subject_key == row.key)).scalar_one()
    return {
        "int8 vector": rows.tobytes(),
        "part of the int8 vector": rows[40:72].tobytes(),
        "sealed crop": people.storage.blobs.get(blob)[50:200],
        "name of the crop": blob.encode(),
        "sealed key": row.wrapped_key,
        "float32 vector": person(number).tobytes(),
        "turned float32 vector": turned.astype(np.float32).tobytes(),
        "crop": CROP,
        "key": people.storage.keyring.unwrap(row.wrapped_key, f"subject:{row.key}"),
    }


ON_DISK = {"int8 vector", "part of the int8 vector", "sealed crop", "name of the crop", "sealed key"}


def found_in(folder: Path, traces: dict[str, bytes]) -> set[str]:
    """Names of the traces that are somewhere in the folder."""
    everything = bytes_of(folder)
    return {name for name, trace in traces.items() if trace in everything}


def withdraw(people: People, collection: Collection, wall: Wall) -> None:
    consents, _ = people.consents.page(ASKER, collection, "ada", None, 1)
    people.consents.withdraw(ASKER, consents[0].id)


def delete_collection(people: People, collection: Collection, wall: Wall) -> None:
    people.collections.delete(ASKER, collection.name)


def let_consent_expire(people: People, collection: Collection, wall: Wall) -> None:
    wall.now_ms = START_MS + 2 * YEAR_MS
    people.retention.sweep()


@pytest.mark.parametrize("end", [withdraw, delete_collection, let_consent_expire])
def test_nothing_of_a_subject_is_on_the_disk_when_the_call_returns(
    tmp_path: Path, end: Callable[[People, Collection, Wall], None]
) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        for number, subject in enumerate(["grace", "ada", "mary"]):
            grant(people, staff, subject, keeps_crops=True)
            enrol(people, staff, subject, number, CROP)
            people.users.create(ASKER, staff, subject, None)
            faces, _ = people.faces.page(staff, None, 10, None, None)
            mine = [stored.face_id for stored in faces if stored.subject == subject]
            people.users.associate(ASKER, staff, subject, mine, 0.0, None)
        traces = traces_of(people, staff, "ada", 1)
        assert found_in(tmp_path, traces) == ON_DISK
        end(people, staff, wall)
        assert found_in(tmp_path, traces) == set()
    assert found_in(tmp_path, traces) == set()


def test_deleted_face_of_a_sandbox_is_not_on_the_disk(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        stored = people.faces.enrol(ASKER, trial, b"a", "ada", [face(person(1))])[0]
        secret = people.storage.keyring.unwrap(trial.wrapped_key, f"collection:{trial.key}")
        turned = person(1) @ rotation(subkey(secret, "rotation"), DIMENSION)
        row = np.round(turned / (np.abs(turned).max() / 127)).astype(np.int8).tobytes()
        traces = {"vector": row, "id": stored.face_id.encode()}
        assert found_in(tmp_path, traces) == {"vector", "id"}
        assert people.faces.delete(ASKER, trial, [stored.face_id, "unknown"]) == (
            [stored.face_id],
            [("unknown", None, "FACE_NOT_FOUND")],
        )
        assert found_in(tmp_path, traces) == set()


def test_expired_sandbox_is_not_on_the_disk(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        trial = people.collections.create(ASKER, "trial", {})
        stored = people.faces.enrol(ASKER, trial, b"a", "an-external-image-id", [face(person(1))])[0]
        traces = {"key": trial.wrapped_key, "id": stored.face_id.encode(), "name": b"an-external-image-id"}
        assert found_in(tmp_path, traces) == set(traces)
        wall.now_ms += DAY_MS
        assert people.retention.sweep() == 1
        assert found_in(tmp_path, traces) == set()


def test_vector_that_a_crash_left_without_a_row_is_overwritten_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        enrol(people, trial, "ada", 1)
        people.galleries.faces(trial).add([77], person(2)[None])
        people.storage.blobs.put(b"a crop whose row was never committed")
    with opened(tmp_path) as people:
        assert len(people.galleries.faces(people.collections.get(ASKER, "trial"))) == 1
        assert people.storage.blobs.names() == set()


def test_vectors_that_were_lost_are_told_at_the_next_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        stored = enrol(people, trial, "ada", 1)
        people.galleries.faces(trial).remove([stored.key])
    with opened(tmp_path):
        assert "1 faces in" in caplog.text


def _full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_erased_is_gone_from_the_disk_though_the_log_cannot_be_written(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada", keeps_crops=True)
        grant(people, staff, "grace", keeps_crops=True)
        deleted = enrol(people, staff, "ada", 1, b"a crop")
        enrol(people, staff, "ada", 2, b"another crop")
        enrol(people, staff, "grace", 3, b"the crop of grace")
        with pytest.MonkeyPatch.context() as disk:
            disk.setattr(os, "write", _full)  # which the log alone writes with
            with pytest.raises(LedgerFull):
                people.faces.delete(ASKER, staff, [deleted.face_id])
            assert (len(people.galleries.faces(staff)), len(people.storage.blobs.names())) == (2, 2)
            with pytest.raises(LedgerFull):
                people.rights.erase(ASKER, "ada", None)
            assert (len(people.galleries.faces(staff)), len(people.storage.blobs.names())) == (1, 1)
            with pytest.raises(LedgerFull):
                people.collections.delete(ASKER, "staff")
            assert people.storage.blobs.names() == set()
