"""Reading a request's body within its limits."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from regard.errors import BodyTooLarge, BodyTooSlow


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What one request may take before it is even understood."""

    most_bytes: int
    seconds: float


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """The whole body.

    Raises BodyTooLarge, from the header where it tells, BodyTooSlow, and starlette's ClientDisconnect.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limits.most_bytes:
        raise BodyTooLarge(f"The request is {length} bytes; the limit is {limits.most_bytes}")
    received = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in request.stream():
                received += chunk
                if len(received) > limits.most_bytes:
                    raise BodyTooLarge(f"The request is over {limits.most_bytes} bytes, which is the limit")
    except TimeoutError as error:
        raise BodyTooSlow(f"The request did not arrive within {limits.seconds} seconds") from error
    return bytes(received)
