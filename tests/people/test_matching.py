"""Who is found, who is not, and under which threshold."""

import hmac
from pathlib import Path

import pytest

from regard.errors import AccessDenied, InvalidParameter, ResourceNotFound
from regard.people.crowds import check_no_crowd, check_no_target_crowd
from regard.people.matches import told
from regard.people.thresholds import curve_of
from tests.people.rooms import ASKER, GOVERNED, another_picture, enrol, face, found, grant, logged, opened, person

CURVE = curve_of("1.0")


@pytest.mark.parametrize(("faces", "similarity"), [(1, 80.0), (10, 90.0), (100, 95.0)])
def test_safe_threshold_grows_with_the_gallery(tmp_path: Path, faces: int, similarity: float) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        for number in range(faces):
            enrol(people, trial, f"p{number}", number)
        answer = people.matching.faces_like(ASKER, trial, person(0), 0.0, 10, b"probe")
        assert answer.effective_threshold == pytest.approx(similarity)
        assert answer.false_match_rate == pytest.approx(1e-3 / faces)
        assert answer.gallery == faces


def test_stricter_threshold_of_the_caller_holds(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        enrol(people, trial, "ada", 1)
        answer = people.matching.faces_like(ASKER, trial, person(1), 97.5, 10, b"probe")
        assert answer.effective_threshold == 97.5


def test_face_just_below_the_safe_threshold_is_no_match_and_one_just_above_is(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        enrol(people, trial, "ada", 1)
        edge = CURVE.score(80.0)
        below = people.matching.faces_like(ASKER, trial, another_picture(1, 7, edge - 0.01), 0.0, 10, b"probe")
        above = people.matching.faces_like(ASKER, trial, another_picture(1, 7, edge + 0.01), 0.0, 10, b"probe")
        assert below.matches == []
        assert [match.face.external_image_id for match in above.matches] == ["ada"]


def test_governed_collection_names_one_person_at_most(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        for subject, likeness in (("twin", 0.97), ("ada", 1.0)):
            grant(people, staff, subject)
            embedding = another_picture(1, 3, likeness) if likeness < 1 else person(1)
            people.faces.enrol(ASKER, staff, subject.encode(), subject, [face(embedding)])
            people.users.create(ASKER, staff, subject, None)
            stored, _ = people.faces.page(staff, None, 10, None, None)
            mine = [record.face_id for record in stored if record.subject == subject]
            people.users.associate(ASKER, staff, subject, mine, 0.0, None)
        assert found(people, staff, 1) == ["ada"]
        users = people.matching.users_like(ASKER, staff, person(1), 0.0, 10, b"probe")
        assert [match.user.name for match in users.matches] == ["ada"]


def test_sandbox_returns_every_match_most_similar_first(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        for name, likeness in (("c", 0.8), ("a", 0.99), ("b", 0.9)):
            people.faces.enrol(ASKER, trial, name.encode(), name, [face(another_picture(1, 3, likeness))])
        assert found(people, trial, 1) == ["a", "b", "c"]
        first = people.matching.faces_like(ASKER, trial, person(1), 0.0, 1, b"probe")
        assert [match.face.external_image_id for match in first.matches] == ["a"]


def test_more_matches_than_are_looked_at_first_are_all_returned(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        for number in range(90):
            people.faces.enrol(ASKER, trial, str(number).encode(), str(number), [face(another_picture(1, number))])
        assert len(found(people, trial, 1)) == 90


def test_search_by_face_leaves_out_the_face_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        ada = enrol(people, trial, "ada", 1)
        people.faces.enrol(ASKER, trial, b"again", "ada-again", [face(another_picture(1, 2))])
        answer = people.matching.faces_like_face(ASKER, trial, ada.face_id, 0.0, 10)
        assert [match.face.external_image_id for match in answer.matches] == ["ada-again"]
        with pytest.raises(InvalidParameter, match="is not in collection trial"):
            people.matching.faces_like_face(ASKER, trial, "00000000-0000-0000-0000-000000000000", 0.0, 10)


def test_empty_collection_answers_with_no_match(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        assert found(people, trial, 1) == []
        assert people.matching.users_like(ASKER, trial, person(1), 0.0, 10, b"probe").matches == []


def test_verification_against_several_faces_counts_each_as_a_chance_of_a_stranger(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        for number in range(3):
            people.faces.enrol(ASKER, trial, str(number).encode(), "ada", [face(another_picture(1, number))])
        probe = another_picture(1, 50, 0.7)
        best = max(float(another_picture(1, number) @ probe) for number in range(3))
        answer = people.matching.verify(ASKER, trial, "ada", probe, 90.0, b"probe")
        rate = CURVE.false_match_rate(CURVE.similarity(best))
        assert answer.faces == 3
        assert answer.false_match_rate == pytest.approx(3 * rate, rel=0.3)  # vectors are stored in 8 bits a value
        with pytest.raises(ResourceNotFound, match="'grace' has no face"):
            people.matching.verify(ASKER, trial, "grace", probe, 90.0, b"probe")


def test_user_is_as_similar_as_the_most_similar_of_its_faces(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        pictures = [another_picture(1, number, likeness) for number, likeness in enumerate((0.7, 0.8, 0.6))]
        ids = [
            people.faces.enrol(ASKER, trial, str(number).encode(), None, [face(picture)])[0].face_id
            for number, picture in enumerate(pictures)
        ]
        people.users.create(ASKER, trial, "ada", None)
        people.users.associate(ASKER, trial, "ada", ids, 0.0, None)
        (match,) = people.matching.users_like(ASKER, trial, person(1), 0.0, 10, b"probe").matches
        assert match.similarity == pytest.approx(CURVE.similarity(0.8), abs=0.02)
        assert match.user.status == "ACTIVE"


def test_search_by_user_leaves_out_the_user_and_counts_each_of_its_faces_as_a_chance(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        for name in ("ada", "twin", "nobody"):
            people.users.create(ASKER, trial, name, None)
        for number, name in enumerate(["ada", "ada", "twin"]):
            stored = people.faces.enrol(ASKER, trial, str(number).encode(), None, [face(another_picture(1, number))])
            people.users.associate(ASKER, trial, name, [stored[0].face_id], 0.0, None)
        answer = people.matching.users_like_user(ASKER, trial, "ada", 0.0, 10)
        assert [match.user.name for match in answer.matches] == ["twin"]
        assert answer.false_match_rate == pytest.approx(1e-3 / (3 * 2))
        assert people.matching.users_like_user(ASKER, trial, "nobody", 0.0, 10).matches == []


@pytest.mark.parametrize(
    ("sides", "is_crowd"),
    [([100] * 5, False), ([100] * 6, True), ([100] + [49] * 20, False), ([100] * 3 + [50] * 3, True), ([], False)],
)
def test_more_than_five_faces_of_comparable_size_are_a_crowd(sides: list[int], is_crowd: bool) -> None:
    boxes = [(0.0, 0.0, float(side), side / 2) for side in sides]
    if is_crowd:
        with pytest.raises(AccessDenied, match="6 faces of comparable size; the limit of a search is 5"):
            check_no_crowd(boxes)
    else:
        check_no_crowd(boxes)


def test_sixteen_faces_in_a_target_are_a_crowd() -> None:
    check_no_target_crowd(15)
    with pytest.raises(AccessDenied, match="16 faces; the limit of a comparison is 15"):
        check_no_target_crowd(16)


def test_refused_questions_are_recorded(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        doors = people.collections.create(ASKER, "doors", GOVERNED | {"regard:verify-only": "true"})
        trial = people.collections.create(ASKER, "trial", {})
        with pytest.raises(AccessDenied):
            people.matching.check_may_search(ASKER, doors, [])
        with pytest.raises(AccessDenied):
            people.matching.check_may_search(ASKER, trial, [(0.0, 0.0, 10.0, 10.0)] * 6)
        with pytest.raises(AccessDenied):
            people.matching.check_may_compare(ASKER, 16)
        entries = list(logged(people))
    assert [(entry["act"], entry.get("collection"), entry["details"]) for entry in entries[-3:]] == [
        ("refuse question", "doors", {"why": "verify-only"}),
        ("refuse question", "trial", {"why": "crowd"}),
        ("refuse question", None, {"why": "crowd"}),
    ]


def test_every_question_is_recorded_without_names_or_pictures(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada")
        enrol(people, staff, "ada", 1)
        found(people, staff, 1)
        people.matching.verify(ASKER, staff, "ada", person(2), 90.0, b"picture")
        people.matching.compare(ASKER, "1.0", person(1), person(2)[None], b"picture", b"picture")
        entries = list(logged(people))[1:]
    assert [(entry["act"], entry["details"].get("outcome"), "personal" in entry) for entry in entries] == [
        ("create collection", None, False),
        ("grant consent", None, True),
        ("enrol", None, True),
        ("search faces", "match", True),
        ("verify", "no match", True),
        ("compare", None, False),
    ]
    assert [name for entry in entries for name in ("'ada'", "'picture'") if name in repr(entry)] == []


def test_entry_of_a_search_says_what_article_12_of_the_ai_act_asks(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada")
        enrol(people, staff, "ada", 1)
        answer = people.matching.faces_like(ASKER, staff, person(1), 0.0, 10, b"the picture")
        secret = people.galleries.secret(staff, "pictures")
        *_, entry = logged(people)
    assert (entry["principal"], entry["collection"], entry["request"]) == ("local", "staff", "request")
    assert entry["began"] <= entry["ended"] == "2027-01-15T08:00:00.000Z"
    assert entry["details"] == {
        "purpose": "staff entrance",
        "gallery": 1,
        "probe": hmac.new(secret, b"picture:the picture", "sha256").hexdigest(),
        "threshold": answer.effective_threshold,
        "false_match_rate": answer.false_match_rate,
        "model": "1.0",
        "outcome": "match",
        "matches": 1,
    }


@pytest.mark.parametrize(
    ("similarity", "shown"), [(97.25, 97.25), (80.0, 80.0), (79.9, 70.0), (50.0, 50.0), (49.9, 0.0), (3.0, 0.0)]
)
def test_similarity_to_a_subject_is_told_in_full_only_where_it_may_be_a_match(similarity: float, shown: float) -> None:
    assert told(similarity) == shown


def test_verification_with_a_threshold_below_80_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        enrol(people, trial, "ada", 1)
        with pytest.raises(InvalidParameter, match="threshold is 50; the least for a verification is 80"):
            people.matching.verify(ASKER, trial, "ada", person(1), 50.0, b"probe")
