"""What a consent receipt says: the fields of ISO/IEC TS 27560:2023 that Regard knows.

    receipt_fields(consent, collection)     the JSON object that `people/receipts.py` signs

Sections and names are those of the specification's clauses 6.3.3 to 6.3.7 and 6.4.5, as the W3C's guide to them lists
them (https://w3id.org/dpv/guides/consent-27560). Regard never sees the notice that was signed, only its hash. So what
the specification demands and only the notice says (its language, the controller's address, the law that applies) points
there instead of being guessed.
"""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from regard.people.records import Collection

if TYPE_CHECKING:  # `consent.py` signs what stands here, so it imports this file
    from regard.people.consent import Consent

SCHEMA = "ISO/IEC TS 27560:2023"
_IN_NOTICE = "As stated in the privacy notice"
_UNDETERMINED = "und"  # ISO 639-2: the language is not known
_CONTROLLER, _PRINCIPAL, _GUARDIAN = "controller", "principal", "guardian"


def receipt_fields(consent: "Consent", collection: Collection) -> dict[str, Any]:
    """Receipt, record, processing, parties and event of a consent as it was given, in a governed collection.

    Whether it still stands a receipt cannot say, for nobody can take back a copy; the server that signed it can.
    """
    return {
        "receipt_metadata": {
            "schema_version": SCHEMA,
            "receipt_id": str(uuid.uuid5(uuid.UUID(consent.id), "receipt")),
        },
        "record_header": {
            "schema_version": SCHEMA,
            "record_id": consent.id,
            "pii_principal_id": consent.subject,
        },
        "pii_processing": {
            "privacy_notice": f"sha256:{consent.evidence_sha256}",
            "language": _UNDETERMINED,
            "purposes": [_purpose(consent, collection)],
        },
        "party_identification": _parties(consent, collection),
        "event": [_given(consent)],
    }


def _purpose(consent: "Consent", collection: Collection) -> dict[str, Any]:
    searches = "verification of a claimed identity on single still pictures (1:1)"
    if not collection.is_verify_only:
        searches += "; search of the collection with single still pictures (1:N)"
    return {
        "purpose": consent.purpose,
        "lawful_basis": "consent",
        "pii_information": _information(consent),
        "pii_controllers": [_CONTROLLER],
        "collection_method": "still pictures that the controller enrols",
        "processing_method": f"storage of a face template; {searches}",
        "storage_locations": ["the controller's own server"],
        "retention_period": (
            f"until {_iso_utc(consent.expires_ms)}, withdrawal, or three years after the last interaction, "
            "whichever comes first"
        ),
        "service": f"collection {collection.name}",
        "jurisdiction": _IN_NOTICE,
        "recipient_third_parties": [],
        "withdrawal_method": f"ask the controller to withdraw consent {consent.id}; all that was enrolled is erased",
    }


def _information(consent: "Consent") -> list[dict[str, Any]]:
    template = {
        "pii_type": "biometric template of the face",
        "pii_optional": False,
        "sensitive_pii_category": True,
        "special_pii_category": True,
    }
    picture = {
        "pii_type": "picture of the face",
        "pii_optional": True,
        "sensitive_pii_category": True,
        "special_pii_category": False,
    }
    return [template, picture] if consent.keeps_crops else [template]


def _parties(consent: "Consent", collection: Collection) -> list[dict[str, Any]]:
    parties: list[dict[str, Any]] = [
        {
            "party_id": _CONTROLLER,
            "party_name": collection.controller,
            "party_role": "PII controller",
            "party_address": _IN_NOTICE,
            "party_contact": _IN_NOTICE,
        },
        {"party_id": _PRINCIPAL, "party_name": consent.subject, "party_role": "PII principal"},
    ]
    if consent.guardian is not None:
        parties.append({"party_id": _GUARDIAN, "party_name": consent.guardian, "party_role": "guardian"})
    return parties


def _given(consent: "Consent") -> dict[str, Any]:
    return {
        "event_time": _iso_utc(consent.granted_ms),
        "validity_duration": f"PT{(consent.expires_ms - consent.granted_ms) // 1000}S",
        "entity_id": _PRINCIPAL if consent.guardian is None else _GUARDIAN,
        "event_type": "explicit",
        "event_state": "given",
    }


def _iso_utc(moment_ms: int) -> str:
    """Milliseconds since 1970 UTC as ISO 8601 in whole seconds, rounded down."""
    return datetime.fromtimestamp(moment_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
