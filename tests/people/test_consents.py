"""What a consent may be, and what its end does."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from regard.errors import AccessDenied, InvalidParameter, ResourceNotFound
from regard.people import receipts
from tests.people.rooms import (
    ASKER,
    DAY_MS,
    GOVERNED,
    PURPOSE,
    START_MS,
    YEAR_MS,
    Wall,
    enrol,
    found,
    grant,
    opened,
    person,
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"purpose": "marketing"}, "its purpose is 'marketing'; that of collection 'staff' is 'staff entrance'"),
        ({"expires_ms": START_MS}, "would have expired already"),
        ({"expires_ms": START_MS + 3 * YEAR_MS + 1}, "longer than three years"),
        ({"evidence_sha256": "signed, trust me"}, "must be a SHA-256"),
        ({"evidence_sha256": "A" * 64}, "must be a SHA-256"),
        ({"subject": "*"}, "never of several"),
        ({"subject": "a" * 129}, "1 to 128 of the characters"),
        ({"subject": "everyone"}, "never of several"),
        ({"guardian": " "}, "guardian is empty"),
    ],
)
def test_consent_that_is_none_is_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        with pytest.raises(InvalidParameter, match=sentence):
            grant(people, staff, **({"subject": "ada"} | changes))
        assert people.consents.page(ASKER, staff, None, None, 10) == ([], False)


def test_sandbox_takes_no_consent(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        trial = people.collections.create(ASKER, "trial", {})
        with pytest.raises(InvalidParameter, match="sandbox"):
            grant(people, trial, "ada")


def test_enrolment_without_consent_is_refused_with_the_command_that_records_one(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        with pytest.raises(AccessDenied, match="regard consent grant --collection staff --subject ada"):
            enrol(people, staff, "ada", 1)
        with pytest.raises(InvalidParameter, match="ExternalImageId must name the subject"):
            people.faces.check_may_enrol(ASKER, staff, None)


def test_consent_of_one_subject_does_not_serve_another(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada")
        with pytest.raises(AccessDenied, match="'grace' has no live consent"):
            enrol(people, staff, "grace", 2)


def test_consent_in_one_collection_does_not_serve_another(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        grant(people, people.collections.create(ASKER, "staff", GOVERNED), "ada")
        other = people.collections.create(ASKER, "visitors", GOVERNED)
        with pytest.raises(AccessDenied, match="collection visitors"):
            enrol(people, other, "ada", 1)


def test_withdrawn_subject_is_not_found_and_leaves_only_the_record_of_the_consent(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        consent_id = grant(people, staff, "ada")
        grant(people, staff, "grace")
        enrol(people, staff, "ada", 1)
        enrol(people, staff, "grace", 2)
        people.users.create(ASKER, staff, "ada", None)
        withdrawn = people.consents.withdraw(ASKER, consent_id)
        assert (withdrawn.ended_ms, withdrawn.end_reason) == (START_MS, "withdrawn")
        assert people.consents.withdraw(ASKER, consent_id) == withdrawn
        assert found(people, staff, 1) == []
        assert found(people, staff, 2) == ["grace"]
        assert people.collections.counts(staff) == (1, 0)
        with pytest.raises(AccessDenied):
            enrol(people, staff, "ada", 1)


def test_of_two_who_withdraw_at_once_one_gets_the_receipt_and_both_the_consent(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        consent_id = grant(people, staff, "ada")
        with ThreadPoolExecutor(4) as threads:
            ended = list(threads.map(lambda _: people.consents.withdraw_with_receipt(ASKER, consent_id), range(4)))
        assert [consent.end_reason for consent, _ in ended] == ["withdrawn"] * 4
        assert sum(receipt is not None for _, receipt in ended) == 1


def test_face_is_gone_at_the_millisecond_its_consent_expires(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada", expires_ms=START_MS + DAY_MS)
        enrol(people, staff, "ada", 1)
        wall.now_ms = START_MS + DAY_MS - 1
        assert found(people, people.collections.get(ASKER, "staff"), 1) == ["ada"]
        wall.now_ms += 1
        assert found(people, people.collections.get(ASKER, "staff"), 1) == []
        wall.now_ms = START_MS
        assert found(people, people.collections.get(ASKER, "staff"), 1) == []


def test_clock_set_back_over_a_restart_revives_nothing(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        consent_id = grant(people, staff, "ada", expires_ms=START_MS + DAY_MS)
        enrol(people, staff, "ada", 1)
        wall.now_ms = START_MS + DAY_MS
        people.collections.get(ASKER, "staff")
    with opened(tmp_path, Wall(START_MS)) as people:
        assert people.clock.now_ms() == START_MS + DAY_MS
        assert people.consents.get(ASKER, consent_id).end_reason == "expired"
        with pytest.raises(AccessDenied):
            enrol(people, people.collections.get(ASKER, "staff"), "ada", 1)


def test_renewed_consent_outlives_the_first(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        first = grant(people, staff, "ada", expires_ms=START_MS + DAY_MS)
        enrol(people, staff, "ada", 1)
        grant(people, staff, "ada", expires_ms=START_MS + 3 * DAY_MS)
        wall.now_ms = START_MS + 2 * DAY_MS
        assert found(people, people.collections.get(ASKER, "staff"), 1) == ["ada"]
        assert people.consents.get(ASKER, first).end_reason == "expired"


def test_three_years_without_an_interaction_erase_and_being_recognised_starts_them_anew(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada", expires_ms=START_MS + 3 * YEAR_MS)
        enrol(people, staff, "ada", 1)
        wall.now_ms = START_MS + 2 * YEAR_MS
        grant(people, staff, "ada", expires_ms=wall.now_ms + 3 * YEAR_MS)
        assert found(people, staff, 1) == ["ada"]
        wall.now_ms = START_MS + 3 * YEAR_MS + 1
        assert found(people, people.collections.get(ASKER, "staff"), 1) == ["ada"]
        (due,) = people.retention.calendar(ASKER)
        assert (due.what, due.at_ms, due.subject, due.faces) == ("consent expiry", START_MS + 5 * YEAR_MS, "ada", 1)


def test_consents_recorded_together_are_all_recorded_or_none(tmp_path: Path) -> None:
    from regard.people.consent import Grant

    def consent_of(subject: str, purpose: str) -> Grant:
        return Grant(subject, purpose, START_MS + DAY_MS, "0" * 64)

    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        with pytest.raises(InvalidParameter, match="'grace'"):
            people.consents.grant_all(ASKER, staff, [consent_of("ada", PURPOSE), consent_of("grace", "other")])
        assert people.consents.page(ASKER, staff, None, None, 10) == ([], False)


def test_receipt_verifies_with_the_public_key_and_not_once_altered(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        consent = people.consents.get(ASKER, grant(people, staff, "ada"))
        key = people.consents.receipt_key()
    assert receipts.verify(consent.receipt, key)["record_header"]["record_id"] == consent.id
    head, content, signature = consent.receipt.split(".")
    swapped = ("A" if content[10] != "A" else "B").join((content[:10], content[11:]))
    with pytest.raises(receipts.ReceiptError, match="altered"):
        receipts.verify(".".join((head, swapped, signature)), key)
    with pytest.raises(receipts.ReceiptError, match="another key"):
        receipts.verify(consent.receipt, receipts_key_of_another_folder(tmp_path / "other"))


def receipts_key_of_another_folder(folder: Path) -> bytes:
    with opened(folder) as people:
        return people.consents.receipt_key()


def test_unknown_consent_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as people, pytest.raises(ResourceNotFound, match="The consent id: x does not exist"):
        people.consents.get(ASKER, "x")


def test_verification_of_a_withdrawn_subject_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        consent_id = grant(people, staff, "ada")
        enrol(people, staff, "ada", 1)
        assert people.matching.verify(ASKER, staff, "ada", person(1), 90.0, b"probe").is_match
        people.consents.withdraw(ASKER, consent_id)
        with pytest.raises(AccessDenied, match="'ada' has no live consent"):
            people.matching.verify(ASKER, staff, "ada", person(1), 90.0, b"probe")
