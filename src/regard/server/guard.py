"""What stands before the work of every route: who may ask, how much may be sent, and the threads that do it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from starlette.requests import Request

from regard.errors import InternalServerError, NotAuthorized
from regard.ledger.errors import LedgerFull
from regard.people.access import AccessKeys
from regard.people.acts import LOCAL, Asker
from regard.people.policies import check_operation
from regard.server.bodies import BodyLimits
from regard.server.callers import Callers, Sent
from regard.server.origins import Origins
from regard.server.pool import WorkPool
from regard.storage.errors import DiskFull, StorageError

Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Guard:
    """The same for the AWS route and for `/v1`."""

    pool: WorkPool
    callers: Callers
    access: AccessKeys
    limits: BodyLimits
    account: str  # whose resources requests speak of

    @property
    def origins(self) -> Origins:
        """The rule for browsers and names, which depends on whether signatures are asked for now."""
        return Origins(is_open=self.callers.must_sign)

    async def run(
        self,
        request: Request,
        body: bytes,
        work: Callable[[Asker], Result],
        *,
        operation: str,
        request_id: str,
        takes_bearer: bool = False,
    ) -> Result:
        """`work` on the pool, given who asks, once it is certain who that is and that they may call the operation.

        What they may do to which collection is decided where that has been found (`people/policies.py`). Raises
        ApiError.
        """
        scope = request.scope
        sent = Sent(
            request.method, scope["raw_path"], scope["query_string"], request.headers.raw, body, datetime.now(UTC)
        )

        def checked() -> Result:
            try:
                asker = self._asker(sent, operation, request_id, takes_bearer)
                return self._allowed(asker, work)
            except DiskFull as error:
                raise InternalServerError("The disk of the data folder is full; make room and ask again") from error
            except StorageError as error:
                _LOG.exception("The data folder cannot be used")
                raise InternalServerError("The data folder cannot be used; the server's log says why") from error
            except LedgerFull as error:
                raise InternalServerError("The disk is full: the log of acts cannot be written") from error

        return await self.pool.run(checked)

    def _asker(self, sent: Sent, operation: str, request_id: str, takes_bearer: bool) -> Asker:
        caller = self.callers.caller(sent, takes_bearer=takes_bearer)
        asker = Asker(
            account=self.account,
            region=caller.region,
            request_id=request_id,
            principal=caller.principal,
            operation=operation,
            policy=caller.policy,
            began_ms=int(sent.arrived.timestamp() * 1000),
        )
        if asker.principal != LOCAL:
            self.access.note_use(asker)
        return asker

    def _allowed(self, asker: Asker, work: Callable[[Asker], Result]) -> Result:
        try:
            check_operation(asker)
            return work(asker)
        except NotAuthorized as error:
            self.access.note_refusal(asker, error.message)
            raise


def content_type(request: Request) -> str:
    """The media type of the body in lower case, without its parameters; "" where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
