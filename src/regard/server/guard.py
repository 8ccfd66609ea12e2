"""What stands before the work of every route: who may ask, how much may be sent, and the threads that do it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from regard.errors import InternalServerError
from regard.server.bodies import BodyLimits
from regard.server.origins import Origins
from regard.server.pool import WorkPool
from regard.storage.errors import DiskFull
from regard.wire.sigv4 import Verifier, region_of

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Guard:
    """The same for the AWS route and for `/v1`."""

    pool: WorkPool
    verifier: Verifier | None  # None where no access keys are configured
    limits: BodyLimits
    region: str  # of requests that name none

    @property
    def origins(self) -> Origins:
        """The rule for browsers and names, which depends on whether signatures are asked for."""
        return Origins(is_open=self.verifier is not None)

    async def run(self, request: Request, body: bytes, work: Callable[[str], Result]) -> Result:
        """`work` on the pool, given the caller's region, once the signature is found right. Raises ApiError."""
        headers = request.headers.raw
        path, query, method = request.scope["raw_path"], request.scope["query_string"], request.method

        def checked() -> Result:
            if self.verifier is None:
                region = region_of(headers, self.region)
            else:
                region = self.verifier.verify(method, path, query, headers, body).region
            try:
                return work(region)
            except DiskFull as error:
                raise InternalServerError("The disk of the data folder is full; nothing was changed") from error

        return await self.pool.run(checked)


def content_type(request: Request) -> str:
    """The media type of the body in lower case, without its parameters; "" where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
