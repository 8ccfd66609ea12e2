"""Client request tokens: the same call again gets the same answer, and does nothing (contract 5.8)."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from regard.errors import IdempotentParameterMismatch
from regard.people.clock import Clock
from regard.people.records import Collection
from regard.storage import schema


def once(
    connection: Connection,
    clock: Clock,
    collection: Collection,
    operation: str,
    token: str | None,
    parameters: dict[str, Any],
    work: Callable[[], dict[str, Any]],
) -> dict[str, Any]:
    """What `work` answers, in the caller's transaction; without a token it always runs.

    Raises IdempotentParameterMismatch where the token came before with other parameters.
    """
    if token is None:
        return work()
    table = schema.request_tokens
    digest = hashlib.sha256(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)).hexdigest()
    row = connection.execute(
        select(table).where(
            table.c.collection_key == collection.key, table.c.operation == operation, table.c.token == token
        )
    ).first()
    if row is None:
        answer = work()
        connection.execute(
            insert(table).values(
                collection_key=collection.key,
                operation=operation,
                token=token,
                digest=digest,
                answer=orjson.dumps(answer).decode(),
                created_ms=clock.now_ms(),
            )
        )
        return answer
    if row.digest != digest:
        raise IdempotentParameterMismatch(f"The ClientRequestToken: {token} you have supplied is already in use.")
    return dict(orjson.loads(row.answer))
