"""Page tokens: where the next page of a listing starts, for callers to hand back and not to read.

    PageTokens(key)
        .seal(scope, position)   the `NextToken` of an answer
        .open(scope, token)      the position again, or InvalidPaginationToken

A position is the id of the last item on the page, and the next page holds what follows it in the listing's order. So
nothing is skipped or repeated when items come and go between two pages, the one named included.

A token is a keyed hash and the position whole. The model allows 255 characters, and so long may a position be:
ids have 66 symbols, so 255 of them are 193 bytes, which with the hash are 203. That is more than base64 carries in 255
characters and what base85 just does; the longest positions alone are written in the latter.
"""

import base64
import hashlib
import hmac

from regard.errors import InvalidPaginationToken

MAX_LENGTH = 255  # of tokens (`PaginationToken` in the service model) and of positions (`CollectionId` there)

# Every character of a collection's, face's, user's or subject's id in the service model.
SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-:"
_VALUES = {symbol: value for value, symbol in enumerate(SYMBOLS, start=1)}
_HASH_BYTES = 10
_MOST_BASE64_BYTES = 191
_IN_BASE85 = "~"  # no token in base64 starts with it


class PageTokens:
    """Tokens that only this key's holder can make.

    They are not secret: whoever looks closely can read the position. A new key makes the tokens of old ones invalid.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, scope: str, position: str) -> str:
        """The token for `position`, at most 255 characters; the same for the same three.

        scope: the operation and whatever else must be the same in the next call. Raises ValueError for a position of
        more than 255 characters or with one that is not in `SYMBOLS`.
        """
        if len(position) > MAX_LENGTH:
            raise ValueError(f"A position has {len(position)} characters; the limit is {MAX_LENGTH}")
        # The length keeps scope and position apart.
        message = f"{len(scope)}:{scope}{position}".encode()
        data = hmac.digest(self._key, message, hashlib.sha256)[:_HASH_BYTES] + _packed(position)
        if len(data) > _MOST_BASE64_BYTES:
            return _IN_BASE85 + base64.b85encode(data).decode()
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def open(self, scope: str, token: str) -> str:
        """The position that `seal` was given with this scope.

        Raises InvalidPaginationToken for any text that is not what `seal` returned: damaged, forged, of another scope
        or of another key.
        """
        try:
            position = _position(token)
            is_ours = hmac.compare_digest(self.seal(scope, position).encode(), token.encode())
        except ValueError as error:
            raise InvalidPaginationToken("Invalid Pagination Token") from error
        if not is_ours:
            raise InvalidPaginationToken("Invalid Pagination Token")
        return position


def _position(token: str) -> str:
    """What a token says, true or not. Raises ValueError where it is no token at all."""
    if len(token) > MAX_LENGTH:
        raise ValueError(f"A token has {len(token)} characters; the limit is {MAX_LENGTH}")
    if token.startswith(_IN_BASE85):
        data = base64.b85decode(token.removeprefix(_IN_BASE85))
    else:
        data = base64.urlsafe_b64decode(token + "==")
    return _unpacked(data[_HASH_BYTES:])


def _packed(position: str) -> bytes:
    """`position` as a number: its symbols are digits from 1 to 66, so that no two positions share a number."""
    number = 0
    for symbol in position:
        if symbol not in _VALUES:
            raise ValueError(f"A position holds {symbol!r}, which no id may")
        number = number * len(SYMBOLS) + _VALUES[symbol]
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unpacked(data: bytes) -> str:
    number, symbols = int.from_bytes(data, "big"), []
    while number:
        number, digit = divmod(number - 1, len(SYMBOLS))
        symbols.append(SYMBOLS[digit])
    return "".join(reversed(symbols))
