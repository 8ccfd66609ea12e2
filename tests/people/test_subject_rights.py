"""What a person is told, given and promised."""

import base64
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regard.errors import ApiError, Conflict, InvalidParameter, NotAuthorized, ResourceNotFound
from regard.people.open import People
from regard.people.policies import Policy
from regard.people.receipted_erasure import ErasureReceipt
from regard.people.receipts import ERASURE, verify
from regard.people.records import Collection
from tests.people.rooms import (
    ASKER,
    EVIDENCE,
    GOVERNED,
    START_MS,
    YEAR_MS,
    enrol,
    found,
    grant,
    logged,
    opened,
    person,
)

CROP = b"\xff\xd8 the crop of ada"
START, IN_A_YEAR, IN_THREE_YEARS = "2027-01-15T08:00:00.000Z", "2028-01-15T08:00:00.000Z", "2030-01-14T08:00:00.000Z"


def staffed(people: People) -> Collection:
    """A collection with Ada, who is a user and whose crop is kept, and Grace."""
    staff = people.collections.create(ASKER, "staff", GOVERNED)
    for name, number, crop in (("ada", 1, CROP), ("grace", 2, None)):
        grant(people, staff, name, keeps_crops=crop is not None)
        stored = enrol(people, staff, name, number, crop)
        people.users.create(ASKER, staff, name, None)
        people.users.associate(ASKER, staff, name, [stored.face_id], 0.0, None)
    return staff


def held(people: People, subject: str = "ada", collection: str | None = None) -> Any:
    """What the report of the one collection says."""
    report = people.rights.report(ASKER, subject, collection)
    assert len(report.collections) == 1
    return report.collections[0]


def test_report_tells_what_is_held_for_what_and_until_when(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        stored = enrol(people, staffed(people), "ada", 1)
        told = held(people)
        assert (told.collection, told.purpose, told.controller) == ("staff", "staff entrance", "Example Ltd")
        assert (told.user, told.known_since, told.last_interaction) == ("ada", START, START)
        assert (told.erased_by, told.erased_why) == (IN_A_YEAR, "consent expiry")
        (face,) = told.faces
        assert (face.face_id, face.image_id) == (stored.face_id, stored.image_id)
        assert (face.left, face.top, face.width, face.height) == (0.25, 0.25, 0.5, 0.5)
        assert (face.model_version, face.enrolled, face.has_crop) == ("1.0", START, True)
        (consent,) = told.consents
        assert (consent.state, consent.expires, consent.ended) == ("live", IN_A_YEAR, None)
        assert (consent.evidence_sha256, consent.given_by, consent.keep_crops) == (EVIDENCE, "self", True)


def test_report_tells_every_act_that_concerned_the_person_and_no_other(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = staffed(people)
        found(people, staff, 1)
        found(people, staff, 2)
        found(people, staff, 3)
        people.matching.verify(ASKER, staff, "ada", person(1), 90.0, b"picture")
        asker = replace(ASKER, principal="RGDKDOOR", request_id="who-asks")
        answer = people.matching.faces_like(asker, staff, person(1), 99.0, 10, b"another picture")
        acts = held(people).acts
        assert [act.act for act in acts] == [
            "grant consent", "enrol", "create user", "associate faces", "search faces", "verify", "search faces",
            "read subject",
        ]  # fmt: skip
        last = acts[-2]
        assert (last.principal, last.request, last.purpose) == ("RGDKDOOR", "who-asks", "staff entrance")
        # Similarity 99 is one impostor in a million: docs/concepts/similarity.md.
        assert (last.threshold, last.false_match_rate) == (99.0, pytest.approx(1e-6))
        assert last.similarity == answer.matches[0].similarity
        entries = list(logged(people))
        assert [entries[act.index]["id"] for act in acts] == [act.id for act in acts]


def test_report_is_an_act_in_the_log_without_the_name(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        people.rights.report(ASKER, "ada", None)
        *_, last = people.acts.ledger.entries(0)
        assert json.loads(last)["act"] == "read subject"
        assert b'"ada"' not in last


@pytest.mark.parametrize(
    ("years", "due"),
    [
        pytest.param(1, (IN_A_YEAR, "consent expiry"), id="the consent ends first"),
        pytest.param(3, (IN_THREE_YEARS, "no interaction"), id="three years without interaction come first"),
    ],
)
def test_report_tells_which_clock_erases_first(tmp_path: Path, years: int, due: tuple[str, str]) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "ada", expires_ms=START_MS + years * YEAR_MS)
        told = held(people)
    assert (told.erased_by, told.erased_why) == due


def test_ended_consent_is_told_with_its_reason_and_how_long_its_record_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        people.rights.erase(ASKER, "ada", None)
        told = held(people)
        (consent,) = told.consents
        assert (consent.state, consent.ended, consent.kept_until) == ("erased", START, IN_THREE_YEARS)
        assert (told.faces, told.user, told.acts, told.known_since, told.erased_by) == ([], None, [], None, None)


def test_who_is_unknown_is_not_found(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        people.collections.create(ASKER, "visitors", GOVERNED)
        people.collections.create(ASKER, "trial", {})
        for name in (None, "visitors"):
            with pytest.raises(ResourceNotFound, match="Nothing is held of subject 'nobody'"):
                people.rights.report(ASKER, "nobody", name)
        with pytest.raises(ResourceNotFound, match="Nothing is held of subject 'ada' in collection visitors"):
            people.rights.erase(ASKER, "ada", "visitors")
        with pytest.raises(ResourceNotFound, match="The collection id: absent does not exist"):
            people.rights.export(ASKER, "ada", "absent")
        with pytest.raises(InvalidParameter, match="'trial' is a sandbox"):
            people.rights.report(ASKER, "ada", "trial")
        with pytest.raises(ResourceNotFound):
            people.rights.report(replace(ASKER, region="eu-west-1"), "ada", None)


def test_key_learns_nothing_of_collections_it_may_not_use(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        visitors = people.collections.create(ASKER, "visitors", GOVERNED)
        grant(people, visitors, "ada")
        narrow = replace(ASKER, policy=Policy(collections=("visit*",)))
        told = people.rights.report(narrow, "ada", None)
        assert [one.collection for one in told.collections] == ["visitors"]
        for name in ("staff", "absent"):
            with pytest.raises(NotAuthorized):
                people.rights.erase(narrow, "ada", name)
        people.rights.erase(narrow, "ada", None)
        assert len(held(people, "ada", "staff").faces) == 1
        with pytest.raises(ResourceNotFound, match="that this key may use"):
            people.rights.report(narrow, "grace", None)


def test_export_has_template_picture_and_consent_receipt(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = staffed(people)
        content = json.loads(people.rights.export(ASKER, "ada", "staff"))
        (told,) = content["collections"]
        (face,) = told["faces"]
        template = np.frombuffer(base64.b64decode(face["template"]), "<f2").astype(np.float32)
        # Vectors are stored in 8-bit values: docs/concepts/storage.md.
        assert template @ person(1) > 0.9999
        assert base64.b64decode(face["crop"]) == CROP
        (consent,) = told["consents"]
        receipt = verify(consent["receipt"], people.consents.receipt_key())
        assert receipt["record_header"]["pii_principal_id"] == "ada"
        assert told["acts"][-1]["act"] == "export subject"
        assert "grace" not in json.dumps(content)
        assert found(people, staff, 1) == ["ada"]


def test_export_of_a_face_whose_vector_was_lost_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = staffed(people)
        gallery = people.galleries.faces(staff)
        gallery.remove([1])  # the first face ever enrolled
        (told,) = json.loads(people.rights.export(ASKER, "ada", None))["collections"]
        assert [face["template"] for face in told["faces"]] == [None]


def test_erased_person_is_found_no_more_and_others_are(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = staffed(people)
        (receipt,) = people.rights.erase(ASKER, "ada", None)
        assert (found(people, staff, 1), found(people, staff, 2)) == ([], ["grace"])
        says = verify(receipt.receipt, people.consents.receipt_key(), ERASURE)
        assert says == receipt.says
        assert (says["subject"], says["collection"], says["faces"], says["crops"]) == ("ada", "staff", 1, 1)
        assert (says["erased_at"], says["why"]) == (START, "erased")


def test_server_keeps_no_copy_of_a_receipt(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        (receipt,) = people.rights.erase(ASKER, "ada", None)
    secrets = [receipt.receipt.rpartition(".")[2], *(act["salt"] for act in receipt.says["acts"])]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert [
        secret
        for secret in secrets
        if any(secret.encode() in data or (len(secret) == 64 and bytes.fromhex(secret) in data) for data in files)
    ] == []


def test_of_two_who_erase_at_once_one_gets_the_receipt(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        receipts: list[ErasureReceipt] = []
        refusals: list[ApiError] = []

        def erase() -> None:
            try:
                receipts.extend(people.rights.erase(ASKER, "ada", None))
            except (Conflict, ResourceNotFound) as error:
                refusals.append(error)

        threads = [threading.Thread(target=erase) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(receipts), len(refusals)) == (1, 3)
        assert receipts[0].says["faces"] == 1


def test_each_collection_gives_its_own_receipt(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        visitors = people.collections.create(ASKER, "visitors", GOVERNED)
        grant(people, visitors, "ada")
        receipts = people.rights.erase(ASKER, "ada", None, why="withdrawn")
        assert [(one.collection, one.says["faces"], one.says["why"]) for one in receipts] == [
            ("staff", 1, "withdrawn"),
            ("visitors", 0, "withdrawn"),
        ]
        assert held(people, "ada", "visitors").consents[0].state == "withdrawn"


def test_receipts_that_were_made_are_kept_though_another_call_comes_first_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        visitors = people.collections.create(ASKER, "visitors", GOVERNED)
        grant(people, visitors, "ada")
        erase, calls = people.erasure.subject, iter(range(2))

        def overtaken(*args: Any, **kwargs: Any) -> Any:
            if next(calls) == 0:
                erase(visitors, "ada", asker=ASKER, why="erased")
            return erase(*args, **kwargs)

        monkeypatch.setattr(people.erasure, "subject", overtaken)
        assert [one.collection for one in people.rights.erase(ASKER, "ada", None)] == ["staff"]


def test_report_tells_no_more_of_the_similarity_of_a_stranger_than_the_answer_did(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = staffed(people)
        answer = people.matching.verify(ASKER, staff, "ada", person(7), 90.0, b"a stranger")
        *_, asked, _ = held(people).acts
        assert (answer.similarity, asked.act, asked.similarity) == (0.0, "verify", None)
        assert "similarity" not in asked.personal
        assert (
            asked.says == "It was asked whether a picture shows this person, and the answer was that it was not them."
        )


def test_who_was_erased_cannot_be_erased_again(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staffed(people)
        people.rights.erase(ASKER, "ada", None)
        with pytest.raises(
            ResourceNotFound, match="Nothing is left of subject 'ada' but the records of ended consents"
        ):
            people.rights.erase(ASKER, "ada", None)


def test_who_agrees_again_begins_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = staffed(people)
        people.rights.erase(ASKER, "ada", None)
        grant(people, staff, "ada")
        told = held(people)
        assert [act.act for act in told.acts] == ["grant consent", "read subject"]
        assert [consent.state for consent in told.consents] == ["erased", "live"]
