"""What a caller can get wrong, as exceptions.

    ApiError
    ├── ServiceError                    body {"__type", "Code", "Logref", "Message"}
    │   ├── AccessDenied
    │   │   └── NotAuthorized
    │   ├── Conflict
    │   ├── HumanLoopQuotaExceeded
    │   ├── IdempotentParameterMismatch
    │   ├── ImageTooLarge
    │   ├── InternalServerError         500
    │   ├── InvalidImageFormat
    │   ├── InvalidManifest
    │   ├── InvalidPaginationToken
    │   ├── InvalidParameter
    │   ├── InvalidPolicyRevisionId
    │   ├── InvalidS3Object
    │   ├── LimitExceeded
    │   ├── MalformedPolicyDocument
    │   ├── ProvisionedThroughputExceeded
    │   ├── ResourceAlreadyExists
    │   ├── ResourceInUse
    │   ├── ResourceNotFound
    │   ├── ResourceNotReady
    │   ├── ServiceQuotaExceeded
    │   ├── SessionNotFound
    │   ├── Throttling
    │   └── VideoTooLarge
    └── FrontEndError                   body {"__type", "message"}
        ├── Validation
        ├── Serialization
        ├── UnknownOperation
        │   └── WrongContentType        404
        ├── WrongMethod                 403
        ├── WrongHost                   403
        ├── BodyTooLarge                413
        ├── BodyTooSlow                 408
        ├── NotImplementedYet
        ├── MissingAuthenticationToken
        ├── IncompleteSignature
        ├── UnrecognizedClient
        ├── ExpiredToken
        └── InvalidSignature

The names and the two body forms are those of the Rekognition service model and of AWS front ends
(`docs/reference/errors.md`). Whatever is not an `ApiError` is a bug and becomes a 500 in `server/aws.py`.
"""


class ApiError(Exception):
    """Something the caller did, in the words the caller will read.

    `code` is the value of `__type`; `status` the HTTP status. The message names the thing, the value and the limit.
    """

    code = ""
    status = 400

    def __init_subclass__(cls) -> None:
        """Derive the wire's name from the class's, as AWS forms it."""
        if "code" not in cls.__dict__:
            cls.code = cls.__name__ + "Exception"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ServiceError(ApiError):
    """Raised by the logic of an operation; modelled in `service-2.json`."""


class AccessDenied(ServiceError):
    """The caller may not do this, or nobody may (`people/refusals.py`)."""


class NotAuthorized(AccessDenied):
    """The policy of the caller's access key does not allow this; entered in the log (`server/guard.py`)."""

    code = "AccessDeniedException"


class Conflict(ServiceError):
    """A user id is taken, or the user is being changed by another call."""


class HumanLoopQuotaExceeded(ServiceError):
    """Too many human reviews in flight."""


class IdempotentParameterMismatch(ServiceError):
    """A client request token came back with other parameters."""


class ImageTooLarge(ServiceError):
    """Bytes or pixels of a picture above the limit."""


class InternalServerError(ServiceError):
    """A bug of ours."""

    code = "InternalServerError"
    status = 500


class InvalidImageFormat(ServiceError):
    """Not a picture of an accepted format, or not decodable."""


class InvalidManifest(ServiceError):
    """A bulk job's manifest is empty or too large."""


class InvalidPaginationToken(ServiceError):
    """A page token is unknown, expired or belongs to another request."""


class InvalidParameter(ServiceError):
    """Values that are well formed but contradict each other or cannot be used."""


class InvalidPolicyRevisionId(ServiceError):
    """A policy revision does not exist or is stale."""


class InvalidS3Object(ServiceError):
    """An object is missing, empty, unreadable or in a bucket that is not served."""


class LimitExceeded(ServiceError):
    """Too many jobs, processors or models at once."""


class MalformedPolicyDocument(ServiceError):
    """A project policy cannot be read."""


class ProvisionedThroughputExceeded(ServiceError):
    """Above the rate provisioned for an operation."""


class ResourceAlreadyExists(ServiceError):
    """The id is taken."""


class ResourceInUse(ServiceError):
    """The resource is in a state that does not allow this."""


class ResourceNotFound(ServiceError):
    """No resource by that id or ARN."""


class ResourceNotReady(ServiceError):
    """The resource exists and cannot be used yet."""


class ServiceQuotaExceeded(ServiceError):
    """A collection, user or tag set is full."""


class SessionNotFound(ServiceError):
    """No liveness session by that id."""


class Throttling(ServiceError):
    """The server has more work than it will queue; SDKs retry this by themselves."""


class VideoTooLarge(ServiceError):
    """Bytes or length of a video above the limit."""


class FrontEndError(ApiError):
    """Raised before an operation runs; not modelled, so SDKs show it as a plain client error."""


class Validation(FrontEndError):
    """Members that break the constraints of the service model."""


class Serialization(FrontEndError):
    """The body is not JSON of the right types."""


class UnknownOperation(FrontEndError):
    """`X-Amz-Target` names no operation of Rekognition."""


class WrongContentType(UnknownOperation):
    """The body is not declared as AWS JSON 1.1."""

    code = "UnknownOperationException"
    status = 404


class WrongMethod(FrontEndError):
    """A request that is not a POST."""

    code = "AccessDeniedException"
    status = 403


class WrongHost(FrontEndError):
    """Without access keys, a request that was sent to another name than this machine's own."""

    code = "AccessDeniedException"
    status = 403


class BodyTooLarge(FrontEndError):
    """A body above the cap; AWS's own front end answers 413 with no code at all."""

    code = "RequestEntityTooLargeException"
    status = 413


class BodyTooSlow(FrontEndError):
    """A body that did not arrive in time. SDKs repeat a request after this code."""

    code = "RequestTimeoutException"
    status = 408


class NotImplementedYet(FrontEndError):
    """An operation of Rekognition that this version of Regard does not offer.

    400, because some SDKs retry every status from 500 (`docs/reference/operations.md`).
    """

    code = "NotImplementedException"


class MissingAuthenticationToken(FrontEndError):
    """Access keys are configured and the request carries none."""


class IncompleteSignature(FrontEndError):
    """The Authorization header lacks a part."""


class UnrecognizedClient(FrontEndError):
    """An unknown access key or session token."""


class ExpiredToken(FrontEndError):
    """A session token past its expiry."""


class InvalidSignature(FrontEndError):
    """The signature, its date or its scope does not fit the request."""
