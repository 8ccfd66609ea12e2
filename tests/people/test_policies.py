"""What a policy allows, and when it is no wider than another."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.errors import AccessDenied, InvalidParameter, NotAuthorized
from regard.people.acts import Asker
from regard.people.policies import EVERYTHING, Policy, check_collection, check_name, check_operation, check_use
from regard.people.records import Collection

DOOR = Policy(("Search*", "ListFaces"), ("staff-*",), ("staff entrance",))


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("SearchFaces", True),
        ("SearchUsersByImage", True),
        ("ListFaces", True),
        ("ListUsers", False),
        ("searchFaces", False),
        ("XSearchFaces", False),
        ("ListFacesX", False),
        ("", False),
    ],
)
def test_operation_is_allowed_by_the_pattern_that_stands_for_it(operation: str, expected: bool) -> None:
    assert DOOR.may(operation) is expected


@pytest.mark.parametrize(
    ("name", "purpose", "expected"),
    [
        ("staff-1", "staff entrance", True),
        ("staff-1", "Staff entrance", False),
        ("staff-1", "marketing", False),
        ("staff-1", None, False),
        ("Staff-1", "staff entrance", False),
        ("visitors", "staff entrance", False),
    ],
)
def test_collection_needs_the_right_name_and_purpose(name: str, purpose: str | None, expected: bool) -> None:
    assert DOOR.may_use(name, purpose) is expected


def test_sandbox_is_only_for_a_key_that_may_use_any_purpose() -> None:
    assert Policy(purposes=("*",)).may_use("trial", None)
    assert not Policy(purposes=("?*",)).may_use("trial", None)


def test_key_without_collections_may_use_none() -> None:
    policy = Policy.read({"operations": ["*"]})
    assert (policy.may_name("x"), policy.may_use("x", None)) == (False, False)


def test_policy_is_read_back_from_its_text() -> None:
    policy = Policy(("Search*",), ("a", "b"), ("staff entrance",), 30, True)
    assert Policy.parse(policy.text) == policy


def test_text_of_a_policy_has_the_members_of_the_interface() -> None:
    assert Policy.parse('{"operations": ["List*"], "collections": ["x"], "searches_per_minute": 5}').members == {
        "operations": ["List*"],
        "collections": ["x"],
        "purposes": ["*"],
        "searches_per_minute": 5,
        "reviewer": False,
    }


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "operations is None; it must be a list of patterns"),
        ({"operations": []}, "operations is empty"),
        ({"operations": "*"}, "operations is '\\*'; it must be a list"),
        ({"operations": ["*"] * 101}, "operations has 101 patterns; the limit is 100"),
        ({"operations": ["*", ""]}, "operations has ''; a pattern is text of 1 to 64 printable characters"),
        ({"operations": ["a" * 65]}, "a pattern is text of 1 to 64 printable"),
        ({"operations": [7]}, "operations has 7; a pattern"),
        ({"operations": ["a\n"]}, r"operations has 'a\\n'"),
        ({"operations": ["*"], "collections": ["c" * 256]}, "text of 1 to 255 printable"),
        ({"operations": ["*"], "collections": None}, "collections is None"),
        ({"operations": ["*"], "purposes": ["p" * 257]}, "text of 1 to 256 printable"),
        ({"operations": ["*"], "searches_per_minute": 0}, "searches_per_minute is 0; it must be .* 1 to 100,000"),
        ({"operations": ["*"], "searches_per_minute": 100_001}, "searches_per_minute is 100001"),
        ({"operations": ["*"], "searches_per_minute": True}, "searches_per_minute is True"),
        ({"operations": ["*"], "searches_per_minute": 1.5}, "searches_per_minute is 1.5"),
        ({"operations": ["*"], "reviewer": "yes"}, "reviewer is 'yes'; it must be true or false"),
        ({"operations": ["*"], "operation": ["*"]}, "has the member 'operation'; its members are operations, "),
    ],
)
def test_wrong_policy_is_told_member_value_and_limit(members: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        Policy.read(members)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"operations": '])
def test_text_that_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^Policy is not "):
        Policy.parse(text)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("SearchFaces", "SearchFaces"),
        ("SearchFaces", "Search*"),
        ("SearchFaces", "*Faces"),
        ("SearchFaces", "S*F*s"),
        ("Search*", "Search*"),
        ("Search*", "*"),
        ("Search*ByImage", "Search*"),
        ("Search*ByImage", "S*Image"),
        ("a?c", "a?c"),
        ("a?c", "a*"),
        ("abc", "a?c"),
        ("a[bc]d", "a?d"),
        ("a[bc]d", "a[bc]d"),
        ("abd", "a[bc]d"),
        ("a", "**"),
        ("[", "["),
    ],
)
def test_narrower_pattern_is_within(narrow: str, wide: str) -> None:
    assert Policy((narrow,)).is_within(Policy((wide,)))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("*", "Search*"),
        ("Search*", "SearchFaces"),
        ("Search*", "Search?"),
        ("SearchFaces", "searchfaces"),
        ("SearchFaces", "Search"),
        ("*Faces", "Search*"),
        ("a*", "a?*"),
        ("a?", "ab"),
        ("a[bcd]", "a[bc]"),
        ("a[!b]", "a[bc]"),
        ("ad", "a[bc]"),
        ("[]", "?"),
        ("a*a", "a"),
    ],
)
def test_wider_or_other_pattern_is_not_within(narrow: str, wide: str) -> None:
    assert not Policy((narrow,)).is_within(Policy((wide,)))


PATTERNS = st.text(alphabet="ab*?[]!-", min_size=1, max_size=5)


@settings(max_examples=2000, deadline=None)
@given(narrow=PATTERNS, wide=PATTERNS, text=st.text(alphabet="ab[]!-", max_size=4))
def test_whatever_matches_a_pattern_matches_the_one_it_is_within(narrow: str, wide: str, text: str) -> None:
    is_within = Policy((narrow,)).is_within(Policy((wide,)))
    assert not (is_within and fnmatchcase(text, narrow)) or fnmatchcase(text, wide)


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [
        (Policy(), EVERYTHING, True),
        (EVERYTHING, EVERYTHING, True),
        (EVERYTHING, Policy(), False),
        (Policy(("*",), ("x",)), Policy(("*",), ("y",)), False),
        (Policy(("*",), ("x", "y")), Policy(("*",), ("x",)), False),
        (Policy(("*",), ("x",)), Policy(("*",), ("x", "y")), True),
        (Policy(("*",), ()), Policy(("*",), ("x",)), True),
        (Policy(("*",), ("*",), ("*",)), Policy(("*",), ("*",), ("door",)), False),
        (Policy(searches_per_minute=None), Policy(searches_per_minute=10), False),
        (Policy(searches_per_minute=11), Policy(searches_per_minute=10), False),
        (Policy(searches_per_minute=10), Policy(searches_per_minute=10), True),
        (Policy(searches_per_minute=10), Policy(), True),
    ],
)
def test_policy_is_within_another_in_every_part(narrow: Policy, wide: Policy, expected: bool) -> None:
    assert narrow.is_within(wide) is expected


def asker(policy: Policy) -> Asker:
    return Asker("123456789012", "eu-west-1", "request", "RGDKX", "SearchFaces", policy)


def collection(purpose: str | None) -> Collection:
    return Collection(1, "123456789012", "eu-west-1", "staff", purpose, "Ltd", False, "1.0", 0, None, b"")


USER = "User: arn:aws:iam::123456789012:user/RGDKX is not authorized to perform: rekognition:SearchFaces on resource: "


def test_operation_that_is_not_allowed_is_told_in_aws_words() -> None:
    with pytest.raises(AccessDenied) as raised:
        check_operation(asker(Policy(("List*",))))
    assert raised.value.message == USER + "arn:aws:rekognition:eu-west-1:123456789012:*"
    assert raised.value.code == "AccessDeniedException"
    check_operation(asker(Policy(("Search*",))))


@pytest.mark.parametrize("policy", [Policy(collections=("visitors",)), Policy(purposes=("marketing",))])
def test_collection_that_is_not_allowed_is_told_by_its_arn_and_not_by_its_purpose(policy: Policy) -> None:
    with pytest.raises(NotAuthorized) as raised:
        check_collection(asker(policy), collection("staff entrance"))
    assert raised.value.message == USER + "arn:aws:rekognition:eu-west-1:123456789012:collection/staff"
    with pytest.raises(NotAuthorized) as raised:
        check_use(asker(policy), "staff", "staff entrance")
    assert raised.value.message == USER + "arn:aws:rekognition:eu-west-1:123456789012:collection/staff"


def test_name_that_is_not_allowed_is_refused_as_if_it_were_taken() -> None:
    with pytest.raises(NotAuthorized) as raised:
        check_name(asker(Policy(collections=("visitors",))), "staff")
    assert raised.value.message == USER + "arn:aws:rekognition:eu-west-1:123456789012:collection/staff"
    check_name(asker(Policy(collections=("staff",), purposes=("marketing",))), "staff")
