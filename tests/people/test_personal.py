"""What an entry says of a person opens with the person's key, or with the salt, and not without."""

import hashlib
import json

import pytest

from regard.people.personal import Opening, is_opening, open_personal, seal_personal

KEY, OTHER = bytes(32), bytes(range(32))
FIELDS = {"subject": "ada", "similarity": 97.5}


def test_sealed_fields_open_with_the_subjects_key_in_their_own_entry_alone() -> None:
    member, opening = seal_personal(KEY, "a" * 32, FIELDS)
    assert open_personal(KEY, {"id": "a" * 32, "personal": member}) == opening
    assert open_personal(OTHER, {"id": "a" * 32, "personal": member}) is None
    assert open_personal(KEY, {"id": "b" * 32, "personal": member}) is None
    assert open_personal(KEY, {"id": "a" * 32}) is None


def test_commitment_is_the_hash_of_salt_and_sorted_json() -> None:
    member, opening = seal_personal(KEY, "a" * 32, FIELDS)
    said = json.dumps(FIELDS, sort_keys=True, separators=(",", ":")).encode()
    assert member["commitment"] == hashlib.sha256(opening.salt + said).hexdigest()


@pytest.mark.parametrize("fields", [{"subject": "eve", "similarity": 97.5}, {"subject": "ada"}], ids=["other", "less"])
def test_commitment_opens_to_nothing_else(fields: dict[str, object]) -> None:
    member, opening = seal_personal(KEY, "a" * 32, FIELDS)
    assert is_opening(member["commitment"], opening.salt, FIELDS)
    assert not is_opening(member["commitment"], opening.salt, fields)
    assert not is_opening(member["commitment"], bytes(32), FIELDS)


def test_entries_about_one_person_have_nothing_in_common_to_see() -> None:
    first, second = (seal_personal(KEY, number * 32, FIELDS)[0] for number in "ab")
    assert first["commitment"] != second["commitment"]
    assert first["sealed"] != second["sealed"]


def test_opening_is_compared_by_what_it_says() -> None:
    assert Opening(b"s", {"a": 1, "b": 2}).commitment == Opening(b"s", {"b": 2, "a": 1}).commitment
