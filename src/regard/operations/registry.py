"""All operations of the service model: decode and validate, refuse or run, encode."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from regard.errors import NotImplementedYet
from regard.operations.call import Call, Operation
from regard.people.acts import Asker
from regard.people.refusals import Refusal, refusal_of
from regard.wire import codec
from regard.wire.model import OperationShape, ServiceModel

NOT_YET = "{} is an operation of Amazon Rekognition that this version of Regard does not offer; see /v1/operations."


class Standing(StrEnum):
    """Where an operation stands, in the words of the coverage table."""

    SERVED = "served"
    REFUSED = "refused"
    NOT_YET = "not yet"


class Registry:
    """The operations that are served, over a service model that knows them all."""

    def __init__(
        self,
        model: ServiceModel,
        operations: Mapping[str, Operation],
        on_refusal: Callable[[Asker, Refusal], None] = lambda asker, refusal: None,
    ) -> None:
        """`operations`: by AWS's name. `on_refusal`: told of each refused call before its answer leaves."""
        unknown = operations.keys() - model.operations.keys()
        if unknown:
            raise KeyError(f"not operations of the service model: {sorted(unknown)}")
        self.model = model
        self._operations = dict(operations)
        self._on_refusal = on_refusal

    def answer(self, shape: OperationShape, body: bytes, asker: Asker, headers: dict[str, str]) -> bytes:
        """The encoded output of one call. Raises ApiError; whatever else it raises is a bug.

        asker: who may call this operation. headers: the operation adds those of its own, also before it raises.
        """
        members = codec.decode(shape, body)
        refusal = refusal_of(shape.name, members)
        if refusal is not None:
            self._on_refusal(asker, refusal)
            raise refusal.error()
        operation = self._operations.get(shape.name)
        if operation is None:
            raise NotImplementedYet(NOT_YET.format(shape.name))
        call = Call(
            shape.name,
            members,
            asker.request_id,
            asker.region,
            asker.account,
            headers,
            asker.principal,
            asker.policy,
            asker.began_ms,
        )
        return codec.encode(shape, operation(call))

    def standing(self, operation: str) -> Standing:
        """Where an operation of the model stands."""
        if operation in self._operations:
            return Standing.SERVED
        return Standing.REFUSED if refusal_of(operation, {}) else Standing.NOT_YET
