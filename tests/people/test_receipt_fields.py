"""What a consent receipt says."""

from typing import Any

import pytest

from regard.people.consent import Consent
from regard.people.receipt_fields import receipt_fields
from regard.people.records import Collection

# As the W3C's guide to ISO/IEC TS 27560:2023 lists them (section "ISO 27560:2023, EU GDPR, and DPV").
MANDATORY = {
    "receipt_metadata": {"schema_version", "receipt_id"},
    "record_header": {"schema_version", "record_id", "pii_principal_id"},
    "pii_processing": {"privacy_notice", "language", "purposes"},
}
MANDATORY_OF_PURPOSE = {
    "purpose", "pii_information", "pii_controllers", "storage_locations", "retention_period", "jurisdiction",
    "recipient_third_parties", "withdrawal_method",
}  # fmt: skip
MANDATORY_OF_EVENT = {"event_time", "validity_duration", "entity_id", "event_type", "event_state"}

MIDNIGHT_MS = 1_798_761_600_000  # 2027-01-01T00:00:00Z
DAY_MS = 86_400_000


def consent(**chosen: Any) -> Consent:
    values: dict[str, Any] = {
        "id": "63ded36f-4acd-4f3c-991e-6cb636698523",
        "collection": "staff",
        "subject": "p-1",
        "purpose": "door",
        "granted_ms": MIDNIGHT_MS,
        "expires_ms": MIDNIGHT_MS + 30 * DAY_MS,
        "evidence_sha256": "ab" * 32,
        "given_by": "guardian" if "guardian" in chosen else "self",
        "guardian": None,
        "keeps_crops": False,
        "ended_ms": None,
        "end_reason": None,
        "receipt": "",
    }
    return Consent(**values | chosen)


def collection(is_verify_only: bool = False) -> Collection:
    return Collection(
        key=1,
        account="123456789012",
        region="us-east-1",
        name="staff",
        purpose="door",
        controller="Example Ltd",
        is_verify_only=is_verify_only,
        model_version="1.0",
        created_ms=MIDNIGHT_MS,
        expires_ms=None,
        wrapped_key=b"",
    )


def purpose(**chosen: Any) -> dict[str, Any]:
    purposes = receipt_fields(consent(**chosen), collection())["pii_processing"]["purposes"]
    assert len(purposes) == 1
    found: dict[str, Any] = purposes[0]
    return found


@pytest.mark.parametrize("section", MANDATORY)
def test_section_has_what_the_specification_demands(section: str) -> None:
    assert set(receipt_fields(consent(), collection())[section]) == MANDATORY[section]


def test_purpose_has_what_the_specification_demands() -> None:
    assert set(purpose()) >= MANDATORY_OF_PURPOSE


def test_consent_is_an_event_with_its_time_and_validity() -> None:
    event = receipt_fields(consent(), collection())["event"]
    assert event == [
        {
            "event_time": "2027-01-01T00:00:00Z",
            "validity_duration": "PT2592000S",  # 30 days
            "entity_id": "principal",
            "event_type": "explicit",
            "event_state": "given",
        }
    ]
    assert set(event[0]) == MANDATORY_OF_EVENT


def test_record_names_consent_subject_and_notice() -> None:
    fields = receipt_fields(consent(), collection())
    assert fields["record_header"]["record_id"] == "63ded36f-4acd-4f3c-991e-6cb636698523"
    assert fields["record_header"]["pii_principal_id"] == "p-1"
    assert fields["pii_processing"]["privacy_notice"] == "sha256:" + "ab" * 32


def test_controller_and_subject_are_parties() -> None:
    parties = receipt_fields(consent(), collection())["party_identification"]
    assert [(party["party_role"], party["party_name"]) for party in parties] == [
        ("PII controller", "Example Ltd"),
        ("PII principal", "p-1"),
    ]


def test_guardian_is_a_party_and_gave_the_consent() -> None:
    fields = receipt_fields(consent(guardian="R. Roe"), collection())
    guardian = fields["party_identification"][-1]
    assert (guardian["party_role"], guardian["party_name"]) == ("guardian", "R. Roe")
    assert fields["event"][0]["entity_id"] == guardian["party_id"]


def test_template_is_a_special_category() -> None:
    assert [(kind["pii_type"], kind["special_pii_category"]) for kind in purpose()["pii_information"]] == [
        ("biometric template of the face", True)
    ]


def test_picture_is_named_only_where_it_is_kept() -> None:
    assert [kind["pii_type"] for kind in purpose(keeps_crops=True)["pii_information"]] == [
        "biometric template of the face",
        "picture of the face",
    ]


def test_retention_ends_with_the_consent() -> None:
    assert "until 2027-01-31T00:00:00Z" in purpose()["retention_period"]


@pytest.mark.parametrize(("is_verify_only", "is_searched"), [(False, True), (True, False)])
def test_search_is_named_only_where_the_collection_allows_it(is_verify_only: bool, is_searched: bool) -> None:
    fields = receipt_fields(consent(), collection(is_verify_only))
    assert ("1:N" in fields["pii_processing"]["purposes"][0]["processing_method"]) is is_searched


def test_receipt_has_an_id_of_its_own() -> None:
    fields = receipt_fields(consent(), collection())
    assert fields["receipt_metadata"]["receipt_id"] != fields["record_header"]["record_id"]
    assert fields == receipt_fields(consent(), collection())
