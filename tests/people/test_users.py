"""Users: groups of faces, their limits and request tokens."""

from pathlib import Path

import pytest

from regard.errors import (
    AccessDenied,
    Conflict,
    IdempotentParameterMismatch,
    ResourceNotFound,
    ServiceQuotaExceeded,
)
from regard.people.open import People
from regard.people.records import Collection
from regard.people.users import Failure
from tests.people.rooms import ASKER, DAY_MS, GOVERNED, Wall, another_picture, enrol, face, grant, opened, person

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def faces_of_one_person(people: People, collection: Collection, count: int) -> list[str]:
    made = [
        people.faces.enrol(ASKER, collection, b"%d" % number, None, [face(another_picture(1, number))])[0]
        for number in range(count)
    ]
    return [stored.face_id for stored in made]


def test_associated_faces_make_a_user_searchable(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", None)
        ids = faces_of_one_person(people, trial, 2)
        answer = people.users.associate(ASKER, trial, "ada", [*ids, UNKNOWN], 75.0, None)
        assert (answer.done, answer.failed) == (ids, [Failure(UNKNOWN, reason="FACE_NOT_FOUND")])
        assert [user.status for user in people.users.page(trial, None, 10)[0]] == ["ACTIVE"]
        assert [stored.user for stored in people.faces.page(trial, None, 10, "ada", None)[0]] == ["ada", "ada"]


def test_associated_face_is_not_deleted(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", None)
        ids = faces_of_one_person(people, trial, 1)
        people.users.associate(ASKER, trial, "ada", ids, 75.0, None)
        assert people.faces.delete(ASKER, trial, ids) == ([], [(ids[0], "ada", "ASSOCIATED_TO_AN_EXISTING_USER")])


def test_face_unlike_those_of_the_user_is_refused_with_its_similarity(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", None)
        people.users.associate(ASKER, trial, "ada", faces_of_one_person(people, trial, 1), 75.0, None)
        stranger = enrol(people, trial, "stranger", 2)
        (failure,) = people.users.associate(ASKER, trial, "ada", [stranger.face_id], 75.0, None).failed
        assert failure.reason == "LOW_MATCH_CONFIDENCE"
        assert failure.confidence is not None
        assert failure.confidence < 75


def test_face_of_another_user_stays_there(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", None)
        people.users.create(ASKER, trial, "grace", None)
        ids = faces_of_one_person(people, trial, 1)
        people.users.associate(ASKER, trial, "ada", ids, 75.0, None)
        expected = [Failure(ids[0], user="ada", reason="ASSOCIATED_TO_A_DIFFERENT_USER")]
        assert people.users.associate(ASKER, trial, "grace", ids, 75.0, None).failed == expected
        assert people.users.disassociate(ASKER, trial, "grace", ids, None).failed == expected


def test_disassociating_the_last_face_leaves_a_created_user(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", None)
        ids = faces_of_one_person(people, trial, 2)
        people.users.associate(ASKER, trial, "ada", ids, 75.0, None)
        assert people.users.disassociate(ASKER, trial, "ada", ids[:1], None).status == "UPDATING"
        answer = people.users.disassociate(ASKER, trial, "ada", ids, None)
        assert (answer.done, answer.failed, answer.status) == (ids[1:], [], "CREATED")


def test_the_hundred_and_first_face_of_a_user_is_left_over_and_a_full_user_takes_none(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada")
        people.users.create(ASKER, staff, "ada", None)
        ids = [
            people.faces.enrol(ASKER, staff, b"%d" % number, "ada", [face(another_picture(1, number))])[0].face_id
            for number in range(102)
        ]
        people.users.associate(ASKER, staff, "ada", ids[:99], 75.0, None)
        answer = people.users.associate(ASKER, staff, "ada", ids[99:101], 75.0, None)
        assert (answer.done, answer.failed) == ([ids[99]], [Failure(ids[100])])
        with pytest.raises(ServiceQuotaExceeded, match="User ada has 100 faces; the limit is 100"):
            people.users.associate(ASKER, staff, "ada", ids[101:], 75.0, None)


def test_governed_user_is_a_subject_and_has_only_its_faces(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        with pytest.raises(AccessDenied, match="'ada' is no subject with a live consent"):
            people.users.create(ASKER, staff, "ada", None)
        for number, subject in enumerate(("ada", "grace")):
            grant(people, staff, subject)
            enrol(people, staff, subject, number)
        people.users.create(ASKER, staff, "ada", None)
        (of_grace,) = (face for face in people.faces.page(staff, None, 10, None, None)[0] if face.subject == "grace")
        with pytest.raises(AccessDenied, match="belongs to subject 'grace'"):
            people.users.associate(ASKER, staff, "ada", [of_grace.face_id], 0.0, None)


def test_deleted_user_releases_its_faces(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", None)
        people.users.associate(ASKER, trial, "ada", faces_of_one_person(people, trial, 2), 75.0, None)
        people.users.delete(ASKER, trial, "ada", None)
        assert people.collections.counts(trial) == (2, 0)
        assert people.matching.users_like(ASKER, trial, person(1), 0.0, 10, b"probe").matches == []
        with pytest.raises(ResourceNotFound, match="The user id: ada does not exist"):
            people.users.delete(ASKER, trial, "ada", None)


def test_same_token_answers_the_same_and_does_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", "token-1")
        people.users.create(ASKER, trial, "ada", "token-1")
        with pytest.raises(Conflict):
            people.users.create(ASKER, trial, "ada", "token-2")
        ids = faces_of_one_person(people, trial, 1)
        first = people.users.associate(ASKER, trial, "ada", ids, 75.0, "token-3")
        assert people.users.associate(ASKER, trial, "ada", ids, 75.0, "token-3") == first


def test_same_token_with_other_parameters_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        people.users.create(ASKER, trial, "ada", "token-1")
        with pytest.raises(IdempotentParameterMismatch, match="The ClientRequestToken: token-1 you have supplied"):
            people.users.create(ASKER, trial, "grace", "token-1")
        people.users.delete(ASKER, trial, "ada", "token-1")


def test_token_is_forgotten_after_a_week(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada")
        people.users.create(ASKER, staff, "ada", "token-1")
        wall.now_ms += 7 * DAY_MS
        staff = people.collections.get(ASKER, "staff")
        with pytest.raises(Conflict):
            people.users.create(ASKER, staff, "ada", "token-1")
