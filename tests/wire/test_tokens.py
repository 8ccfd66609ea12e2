"""Page tokens: they come back as they went out, or not at all."""

import string

import pytest
from botocore.session import get_session
from hypothesis import assume, given
from hypothesis import strategies as st

from regard.errors import InvalidPaginationToken
from regard.wire.tokens import PageTokens

KEY = bytes(range(32))
TOKENS = PageTokens(KEY)
IDS = st.text(string.ascii_letters + string.digits + "_.-:", max_size=255)
SCOPES = st.text(max_size=40)


@given(scope=SCOPES, position=IDS)
def test_position_comes_back(scope: str, position: str) -> None:
    assert TOKENS.open(scope, TOKENS.seal(scope, position)) == position


@pytest.mark.parametrize("symbol", ["0", ":", "z", "-"])
@pytest.mark.parametrize("length", [0, 1, 36, 128, 238, 239, 240, 241, 255])
def test_token_fits_the_model_for_ids_of_every_length(symbol: str, length: int) -> None:
    model = get_session().get_service_model("rekognition")
    longest = model.shape_for("PaginationToken").metadata["max"]
    token = TOKENS.seal("ListCollections", symbol * length)
    assert 0 < len(token) <= longest
    assert TOKENS.open("ListCollections", token) == symbol * length


@given(first=IDS, second=IDS)
def test_two_positions_never_share_a_token(first: str, second: str) -> None:
    assume(first != second)
    assert TOKENS.seal("ListFaces c", first) != TOKENS.seal("ListFaces c", second)


@given(position=IDS, mine=SCOPES, other=SCOPES)
def test_token_of_another_call_is_refused(position: str, mine: str, other: str) -> None:
    assume(mine != other)
    with pytest.raises(InvalidPaginationToken, match=r"^Invalid Pagination Token$"):
        TOKENS.open(other, TOKENS.seal(mine, position))


@given(position=IDS.filter(bool), cut=st.integers(0, 254))
def test_scope_and_position_do_not_run_into_each_other(position: str, cut: int) -> None:
    assume(cut < len(position))
    token = TOKENS.seal("ListUsers", position)
    with pytest.raises(InvalidPaginationToken):
        TOKENS.open("ListUsers" + position[: cut + 1], token)


@given(position=IDS, index=st.integers(0, 254), symbol=st.characters())
def test_altered_token_is_refused(position: str, index: int, symbol: str) -> None:
    token = TOKENS.seal("ListFaces c", position)
    at = index % len(token)
    altered = token[:at] + symbol + token[at + 1 :]
    assume(altered != token)
    with pytest.raises(InvalidPaginationToken):
        TOKENS.open("ListFaces c", altered)


@given(text=st.text(max_size=300))
def test_made_up_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidPaginationToken):
        TOKENS.open("ListFaces c", text)


@pytest.mark.parametrize(
    "text", ["", "=", "~", "\ud800", "é" * 20, "A" * 256, "A" * 255, "~" + "z" * 254, "AAAA AAAA\nAAAA"]
)
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidPaginationToken):
        TOKENS.open("ListFaces c", text)


def test_shortened_and_padded_tokens_are_refused() -> None:
    token = TOKENS.seal("ListFaces c", "0b683aed-a0f1-48b2-9b5e-139e9cc2a757")
    for other in (token[:-1], token + "A", token + "=", " " + token, token + "\n"):
        with pytest.raises(InvalidPaginationToken):
            TOKENS.open("ListFaces c", other)


def test_token_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidPaginationToken):
        PageTokens(b"another key").open("ListFaces c", TOKENS.seal("ListFaces c", "a"))


@pytest.mark.parametrize("position", ["a" * 256, "a b", "é", "a/b"], ids=["long", "space", "letter", "slash"])
def test_position_that_is_no_id_is_a_bug_of_ours(position: str) -> None:
    with pytest.raises(ValueError, match="position"):
        TOKENS.seal("ListFaces c", position)


@given(ids=st.sets(IDS.filter(bool), max_size=12), size=st.integers(1, 4), gone=st.integers(0, 11))
def test_listing_by_pages_shows_each_item_once_though_one_is_deleted(ids: set[str], size: int, gone: int) -> None:
    listing, seen, position = sorted(ids), [], ""
    while page := [item for item in listing if item > position][:size]:
        seen += page
        listing = [item for item in listing if item != page[gone % len(page)]]
        position = TOKENS.open("ListCollections", TOKENS.seal("ListCollections", page[-1]))
    assert seen == sorted(ids)
