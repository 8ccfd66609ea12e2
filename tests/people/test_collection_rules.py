"""Governed collections, sandboxes and verify-only ones."""

import dataclasses
from pathlib import Path

import pytest

from regard.errors import (
    AccessDenied,
    InvalidParameter,
    ResourceAlreadyExists,
    ResourceNotFound,
    ServiceQuotaExceeded,
)
from regard.people.acts import Asker
from regard.people.faces import NewFace
from tests.people.rooms import ASKER, DAY_MS, GOVERNED, PURPOSE, Wall, enrol, face, found, grant, opened, person


def test_collection_with_purpose_and_controller_is_governed_and_does_not_end(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        made = people.collections.create(ASKER, "staff", GOVERNED)
        assert (made.purpose, made.controller, made.expires_ms) == (PURPOSE, "Example Ltd", None)


def test_collection_without_tags_ends_after_a_day(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        made = people.collections.create(ASKER, "trial", {"team": "blue"})
        enrol(people, made, "somebody", 1)
        wall.now_ms += DAY_MS - 1
        assert people.collections.get(ASKER, "trial").name == "trial"
        wall.now_ms += 1
        with pytest.raises(ResourceNotFound, match="The collection id: trial does not exist"):
            people.collections.get(ASKER, "trial")
        assert list((tmp_path / "vectors").iterdir()) == []


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({"regard:purpose": "door"}, "needs regard:controller"),
        ({"regard:controller": "Example Ltd"}, "needs regard:purpose"),
        ({"regard:purpose": " ", "regard:controller": "Example Ltd"}, "regard:purpose is empty"),
        ({"regard:sandbox-hours": "48"}, "'regard:sandbox-hours' is none of"),
        ({"regard:verify-only": "true"}, "needs a governed collection"),
        (GOVERNED | {"regard:verify-only": "yes"}, "'yes'; it must be 'true' or 'false'"),
    ],
)
def test_tags_that_govern_by_half_are_refused(tmp_path: Path, tags: dict[str, str], sentence: str) -> None:
    with opened(tmp_path) as people:
        with pytest.raises(InvalidParameter, match=sentence):
            people.collections.create(ASKER, "staff", tags)
        assert people.collections.page(ASKER, None, 10) == ([], False)


def test_name_is_taken_once_in_a_region_and_free_in_another(tmp_path: Path) -> None:
    elsewhere = Asker(ASKER.account, "eu-west-1", "request")
    with opened(tmp_path) as people:
        people.collections.create(ASKER, "staff", {})
        with pytest.raises(ResourceAlreadyExists, match="The collection id: staff already exists"):
            people.collections.create(ASKER, "staff", {})
        assert people.collections.create(elsewhere, "staff", {}).region == "eu-west-1"
        assert people.collections.create(ASKER, "Staff", {}).name == "Staff"


def test_collections_are_listed_by_name_page_by_page(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        for name in ("c", "a", "b"):
            people.collections.create(ASKER, name, {})
        first, has_more = people.collections.page(ASKER, None, 2)
        rest, has_still_more = people.collections.page(ASKER, "b", 2)
        assert [[made.name for made in page] for page in (first, rest)] == [["a", "b"], ["c"]]
        assert (has_more, has_still_more) == (True, False)


def test_governing_tags_cannot_be_changed_or_removed(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        made = people.collections.create(ASKER, "staff", GOVERNED)
        with pytest.raises(InvalidParameter, match="'regard:purpose' is fixed"):
            people.collections.add_tags(ASKER, made.arn, {"regard:purpose": "anything"})
        with pytest.raises(InvalidParameter, match="'regard:controller' is fixed"):
            people.collections.remove_tags(ASKER, made.arn, ["regard:controller"])
        people.collections.add_tags(ASKER, made.arn, {"team": "blue"})
        people.collections.remove_tags(ASKER, made.arn, ["unknown"])
        assert people.collections.tags(ASKER, made.arn) == GOVERNED | {"team": "blue"}


def test_the_hundred_and_first_face_of_a_sandbox_is_refused_and_nothing_of_its_call_is_stored(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        made = people.collections.create(ASKER, "trial", {})
        people.faces.enrol(ASKER, made, b"crowd", None, [_at(number) for number in range(99)])
        with pytest.raises(ServiceQuotaExceeded, match=r"holds 99 faces and would hold 101; .* sandbox .* 100"):
            people.faces.enrol(ASKER, made, b"two more", None, [_at(200), _at(201)])
        assert people.collections.counts(made) == (99, 0)


def test_face_beyond_the_limit_of_a_governed_collection_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path, most_faces=1) as people:
        made = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, made, "ada")
        enrol(people, made, "ada", 1)
        with pytest.raises(ServiceQuotaExceeded, match=r"the limit of a governed collection is 1"):
            enrol(people, made, "ada", 2)
        assert found(people, made, 2) == []


def test_verify_only_collection_refuses_every_search_and_answers_about_one_subject(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        made = people.collections.create(ASKER, "doors", GOVERNED | {"regard:verify-only": "true"})
        grant(people, made, "ada")
        stored = enrol(people, made, "ada", 1)
        people.users.create(ASKER, made, "ada", None)
        with pytest.raises(AccessDenied, match="verify-only"):
            found(people, made, 1)
        with pytest.raises(AccessDenied, match="verify-only"):
            people.matching.faces_like_face(ASKER, made, stored.face_id, 0.0, 10)
        with pytest.raises(AccessDenied, match="verify-only"):
            people.matching.users_like(ASKER, made, person(1), 0.0, 10, b"probe")
        with pytest.raises(AccessDenied, match="verify-only"):
            people.matching.users_like_face(ASKER, made, stored.face_id, 0.0, 10)
        with pytest.raises(AccessDenied, match="verify-only"):
            people.matching.users_like_user(ASKER, made, "ada", 0.0, 10)
        assert people.matching.verify(ASKER, made, "ada", person(1), 90.0, b"probe").is_match
        assert not people.matching.verify(ASKER, made, "ada", person(2), 90.0, b"probe").is_match


def _at(number: int) -> NewFace:
    return dataclasses.replace(face(person(number)), box=(number / 1000, 0.1, 0.05, 0.05))


def test_collection_that_was_deleted_meanwhile_takes_nothing_and_finds_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada")
        enrol(people, staff, "ada", 1)
        gallery = people.galleries.faces(staff)
        people.collections.delete(ASKER, "staff")
        assert gallery.at_least(person(1), -1.0, 10) == []
        with pytest.raises(AccessDenied):
            enrol(people, staff, "ada", 2)
        with pytest.raises(ResourceNotFound):
            grant(people, staff, "ada")
        with pytest.raises(ResourceNotFound):
            people.users.create(ASKER, staff, "ada", None)
        with pytest.raises(ResourceNotFound):
            people.collections.tags(ASKER, staff.arn)
        assert list((tmp_path / "vectors").iterdir()) == []
