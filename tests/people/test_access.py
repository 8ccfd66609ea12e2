"""Access keys in a data folder: made, found again, revoked; and who may make them."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from regard.errors import ExpiredToken, InvalidParameter, NotAuthorized, ResourceNotFound, UnrecognizedClient
from regard.people.access import AccessKeys
from regard.people.access_key import AccessKey
from regard.people.acts import Asker
from regard.people.open import People
from regard.people.policies import EVERYTHING, Policy
from regard.storage import schema
from tests.people.rooms import ASKER, DAY_MS, GOVERNED, START_MS, Wall, logged, opened

LISTING = Policy(("List*",), ("staff",))


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def people(tmp_path: Path, wall: Wall) -> Iterator[People]:
    with opened(tmp_path / "data", wall) as made:
        yield made


@pytest.fixture
def access(people: People) -> AccessKeys:
    return people.access


def made(access: AccessKeys, policy: Policy = LISTING, **more: Any) -> AccessKey:
    return access.create(ASKER, "shop", policy, **more)[0]


def holder(key: AccessKey) -> Asker:
    """Who asks with a key."""
    return replace(ASKER, principal=key.id, policy=key.policy, operation="ManageAccessKeys")


def acts(people: People, act: str) -> list[dict[str, Any]]:
    return [entry for entry in logged(people) if entry["act"] == act]


def test_id_and_secret_have_the_lengths_of_amazons(access: AccessKeys) -> None:
    key, secret = access.create(ASKER, "shop", LISTING)
    assert re.fullmatch("RGDK[A-Z2-7]{16}", key.id)
    assert re.fullmatch("[A-Za-z0-9_-]{40}", secret)


def test_no_two_keys_are_alike(access: AccessKeys) -> None:
    pairs = [access.create(ASKER, "shop", LISTING) for _ in range(20)]
    assert len({key.id for key, _ in pairs} | {secret for _, secret in pairs}) == 40


def test_key_is_found_with_its_secret_and_policy(access: AccessKeys) -> None:
    key, secret = access.create(ASKER, "shop", LISTING)
    found = access.find(key.id)
    assert found is not None
    assert (found.key, found.credential.secret) == (key, secret)
    assert access.policy_of(key.id) == LISTING


def test_key_outlives_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as people:
        key, secret = people.access.create(ASKER, "shop", LISTING)
    with opened(tmp_path / "data") as people:
        found = people.access.find(key.id)
        assert found is not None
        assert (found.key, found.credential.secret) == (key, secret)


def test_secret_is_in_no_file_of_the_folder_nor_in_the_log(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as people:
        _, secret = people.access.create(ASKER, "shop", LISTING)
        people.acts.ledger.publish()
        held = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    assert b"shop" in held
    assert secret.encode() not in held


def test_secret_does_not_show_in_what_is_printed(access: AccessKeys) -> None:
    key, secret = access.create(ASKER, "shop", LISTING)
    assert secret not in repr(access.find(key.id)) + repr(key) + repr(access.__dict__)


def test_sealed_secret_does_not_open_in_another_row(people: People) -> None:
    keys = [made(people.access), made(people.access)]
    table = schema.access_keys
    with people.storage.reading() as connection:
        sealed = connection.execute(select(table.c.wrapped_secret).where(table.c.id == keys[0].id)).scalar_one()
    with people.storage.writing() as connection:
        connection.execute(table.update().where(table.c.id == keys[1].id).values(wrapped_secret=sealed))
    with pytest.raises(Exception, match=f"access key:{keys[1].id} does not open"):
        AccessKeys(people.storage, people.clock, people.acts)


def test_folder_without_keys_has_none(access: AccessKeys) -> None:
    assert (access.has_any(), access.find("RGDKAAAAAAAAAAAAAAAA")) == (False, None)


def test_keys_count_though_all_are_revoked_and_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as people:
        people.access.revoke(ASKER, made(people.access).id)
        assert people.access.has_any()
    with opened(tmp_path / "data") as people:
        assert people.access.has_any()


def test_revoked_key_is_not_found(access: AccessKeys) -> None:
    key = made(access)
    assert access.revoke(ASKER, key.id).revoked_ms == START_MS
    assert access.find(key.id) is None
    with pytest.raises(UnrecognizedClient):
        access.policy_of(key.id)


def test_second_revocation_changes_nothing(people: People, wall: Wall) -> None:
    key = made(people.access)
    first = people.access.revoke(ASKER, key.id)
    wall.now_ms += 1000
    assert people.access.revoke(ASKER, key.id) == first
    assert len(acts(people, "revoke access key")) == 1


def test_unknown_key_cannot_be_revoked(access: AccessKeys) -> None:
    with pytest.raises(ResourceNotFound, match="RGDKNONE does not exist"):
        access.revoke(ASKER, "RGDKNONE")


def test_expired_key_is_told_so(access: AccessKeys, wall: Wall) -> None:
    key = made(access, expires_ms=START_MS + DAY_MS)
    wall.now_ms += DAY_MS - 1
    assert access.policy_of(key.id) == LISTING
    wall.now_ms += 1
    with pytest.raises(ExpiredToken):
        access.policy_of(key.id)


def test_clock_that_is_set_back_does_not_revive_a_key(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path / "data", wall) as people:
        key = made(people.access, expires_ms=START_MS + DAY_MS)
        wall.now_ms += DAY_MS
        made(people.access)
    with opened(tmp_path / "data", Wall()) as people, pytest.raises(ExpiredToken):
        people.access.policy_of(key.id)


@pytest.mark.parametrize("name", ["", " a", "a" * 65, "a]", "a\nb", "ä", "#a", "a/b"])
def test_name_that_would_not_fit_a_credentials_file_is_refused(access: AccessKeys, name: str) -> None:
    with pytest.raises(InvalidParameter, match="The name of a key is "):
        access.create(ASKER, name, LISTING)


def test_expiry_that_is_past_is_refused(access: AccessKeys) -> None:
    with pytest.raises(InvalidParameter, match=r"would have expired already, at 2027-01-15T08:00:00\.000Z"):
        made(access, expires_ms=START_MS)


@pytest.mark.parametrize(
    "wider",
    [
        Policy(("List*", "ManageAccessKeys"), ("*",)),
        Policy(("*",), ("staff",)),
        Policy(("ManageAccessKeys",), ("staff", "visitors")),
        Policy(("ManageAccessKeys",), ("staff",), ("*",)),
        Policy(("ManageAccessKeys",), ("staff",), ("door",), is_reviewer=True),
    ],
    ids=["collections and operations", "operations", "collections", "purposes", "reviewer"],
)
def test_key_cannot_make_one_with_more_rights_than_its_own(access: AccessKeys, wider: Policy) -> None:
    own = made(access, Policy(("ManageAccessKeys", "List*"), ("staff",), ("door",)))
    with pytest.raises(NotAuthorized, match="would have rights that yours has not"):
        access.create(holder(own), "child", wider)


def test_key_can_make_one_with_fewer_rights(access: AccessKeys) -> None:
    own = made(access, Policy(("ManageAccessKeys", "List*"), ("staff",), ("door",)))
    child, _ = access.create(holder(own), "child", Policy(("ListFaces",), ("staff",), ("door",), 5))
    assert (child.created_by, child.policy.operations) == (own.id, ("ListFaces",))


def test_key_with_a_rate_cannot_multiply_it(access: AccessKeys) -> None:
    own = made(access, Policy(searches_per_minute=10))
    with pytest.raises(NotAuthorized, match="several keys could together more often"):
        access.create(holder(own), "child", Policy(searches_per_minute=10))


@pytest.mark.parametrize("expires_ms", [None, START_MS + DAY_MS + 1])
def test_key_cannot_make_one_that_outlives_it(access: AccessKeys, expires_ms: int | None) -> None:
    own = made(access, Policy(), expires_ms=START_MS + DAY_MS)
    with pytest.raises(NotAuthorized, match=r"would outlive yours, which expires at 2027-01-16T08:00:00\.000Z"):
        access.create(holder(own), "child", LISTING, expires_ms)
    assert access.create(holder(own), "child", LISTING, START_MS + DAY_MS)[0].expires_ms == START_MS + DAY_MS


def test_reviewer_cannot_make_the_second_reviewer(access: AccessKeys) -> None:
    own = made(access, EVERYTHING)
    with pytest.raises(NotAuthorized, match="or one could be two"):
        access.create(holder(own), "child", EVERYTHING)
    assert access.create(holder(own), "child", Policy())[0].policy == Policy()


def test_key_cannot_revoke_one_with_more_rights_but_can_itself(access: AccessKeys) -> None:
    mighty, weak = made(access, EVERYTHING), made(access, Policy(("ManageAccessKeys",), ()))
    with pytest.raises(NotAuthorized, match="has rights that yours has not"):
        access.revoke(holder(weak), mighty.id)
    assert access.revoke(holder(weak), weak.id).revoked_ms == START_MS


def test_key_that_is_revoked_while_it_asks_makes_none(access: AccessKeys) -> None:
    own = made(access, Policy())
    asker = holder(own)
    access.revoke(ASKER, own.id)
    with pytest.raises(UnrecognizedClient):
        access.create(asker, "child", LISTING)


def test_making_and_revoking_are_in_the_log_with_who_did_it(people: People) -> None:
    own = made(people.access, Policy())
    child, _ = people.access.create(holder(own), "till 4", LISTING, START_MS + DAY_MS)
    people.access.revoke(ASKER, child.id)
    entry = acts(people, "create access key")[-1]
    assert (entry["principal"], entry["details"]) == (
        own.id,
        {
            "id": child.id,
            "name": "till 4",
            "expires": "2027-01-16T08:00:00.000Z",
            "policy": {
                "operations": ["List*"],
                "collections": ["staff"],
                "purposes": ["*"],
                "searches_per_minute": None,
                "reviewer": False,
            },
        },
    )
    assert [entry["details"] for entry in acts(people, "revoke access key")] == [{"id": child.id}]


def test_refused_key_leaves_nothing(people: People) -> None:
    own = made(people.access, Policy(("ManageAccessKeys",), ()))
    with pytest.raises(NotAuthorized):
        people.access.create(holder(own), "child", EVERYTHING)
    assert len(people.access.page(None, 10)[0]) == len(acts(people, "create access key")) == 1


def test_first_use_of_a_key_on_each_day_is_in_the_log(people: People, wall: Wall) -> None:
    asker = replace(ASKER, principal="RGDKX", operation="ListFaces")
    other = replace(asker, principal="RGDKY")
    for who in (asker, other, asker):
        people.access.note_use(who)
    wall.now_ms += DAY_MS
    people.access.note_use(asker)
    used = [(entry["principal"], entry["began"][:10]) for entry in acts(people, "use access key")]
    assert used == [("RGDKX", "2027-01-15"), ("RGDKY", "2027-01-15"), ("RGDKX", "2027-01-16")]


def test_first_use_is_entered_once_by_many_threads(people: People) -> None:
    asker = replace(ASKER, principal="RGDKX", operation="ListFaces")
    threads = [threading.Thread(target=people.access.note_use, args=(asker,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(acts(people, "use access key")) == 1


def test_keys_are_listed_by_id_page_by_page(access: AccessKeys) -> None:
    ids = sorted(made(access).id for _ in range(3))
    first, has_more = access.page(None, 2)
    rest, has_rest = access.page(first[-1].id, 2)
    assert ([key.id for key in first + rest], has_more, has_rest) == (ids, True, False)


@pytest.fixture
def staff(people: People) -> People:
    """With a governed collection "staff" for "staff entrance", and the sandbox "trial"."""
    people.collections.create(ASKER, "staff", GOVERNED)
    people.collections.create(ASKER, "trial", {})
    return people


@pytest.mark.parametrize(
    ("policy", "operation", "collection", "is_allowed", "reason"),
    [
        (Policy(), "SearchFaces", "staff", True, "the key is live and its policy allows it"),
        (Policy(), "SearchFaces", None, True, "the key is live"),
        (Policy(("List*", "Get*")), "SearchFaces", None, False, "stands for SearchFaces: 'List*', 'Get*'"),
        (Policy(collections=("a",)), "ListFaces", "staff", False, "no collection of its policy stands for staff: 'a'"),
        (Policy(collections=()), "ListFaces", "staff", False, "stands for staff: there is none"),
        (Policy(purposes=("door",)), "ListFaces", "staff", False, "stands for the purpose 'staff entrance': 'door'"),
        (Policy(purposes=("staff*",)), "ListFaces", "staff", True, "the key is live"),
        (Policy(purposes=("staff*",)), "ListFaces", "trial", False, "a sandbox, which has none and needs '*'"),
        (Policy(purposes=("door",)), "CreateCollection", "new", True, "only its name was compared"),
    ],
)
def test_test_says_whether_and_why(
    staff: People, policy: Policy, operation: str, collection: str | None, is_allowed: bool, reason: str
) -> None:
    verdict = staff.access.test(ASKER, made(staff.access, policy).id, operation, collection)
    assert verdict.is_allowed is is_allowed
    assert reason in verdict.reason


def test_test_says_that_a_key_is_revoked_or_expired(staff: People, wall: Wall) -> None:
    revoked, brief = made(staff.access), made(staff.access, expires_ms=START_MS + 1)
    staff.access.revoke(ASKER, revoked.id)
    wall.now_ms += 1
    reasons = [staff.access.test(ASKER, key.id, "ListFaces").reason for key in (revoked, brief)]
    assert reasons == [
        "the key was revoked at 2027-01-15T08:00:00.000Z",
        "the key expired at 2027-01-15T08:00:00.001Z",
    ]


@pytest.mark.parametrize("name", ["staff", "none"])
def test_test_does_not_tell_which_collections_there_are(staff: People, name: str) -> None:
    own = made(staff.access, Policy(("ReadAccessKeys",), ("visitors",)))
    with pytest.raises(
        NotAuthorized, match=f"on resource: arn:aws:rekognition:us-east-1:123456789012:collection/{name}$"
    ):
        staff.access.test(holder(own), own.id, "ListFaces", name)
