"""boto3, told not to check requests itself, so that what a looser client sends reaches the endpoint."""

import json
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
from botocore import xform_name

from regard_conformance.case import Json, Outcome, Target


class Boto3:
    """See `case.Driver`. The answer is the JSON as it crossed the wire, before botocore parsed it."""

    name = "boto3"

    def __init__(self, target: Target) -> None:
        self._raw = b""
        session = boto3.Session(
            aws_access_key_id=target.access_key,
            aws_secret_access_key=target.secret_key,
            aws_session_token=target.session_token,
            region_name=target.region,
        )
        self._client: Any = session.client(
            "rekognition",
            endpoint_url=target.endpoint,
            config=botocore.config.Config(
                parameter_validation=False,
                # One retry is enough to see that the SDK would retry.
                retries={"total_max_attempts": 2, "mode": "standard"},
                read_timeout=target.timeout_s,
                connect_timeout=10,
            ),
        )
        self._client.meta.events.register("before-parse.rekognition.*", self._keep)

    def _keep(self, response_dict: Json, **_: Any) -> None:
        self._raw = response_dict["body"]

    def call(self, operation: str, request: Json) -> Outcome:
        """See `case.Driver`."""
        self._raw = b""
        try:
            answer = getattr(self._client, xform_name(operation))(**request)
        except botocore.exceptions.ClientError as error:
            metadata = error.response.get("ResponseMetadata", {})
            return Outcome(
                code=error.response["Error"].get("Code", ""),
                message=str(error.response["Error"].get("Message", "")),
                http_status=metadata.get("HTTPStatusCode"),
                attempts=metadata.get("RetryAttempts", 0) + 1,
                request_id=metadata.get("RequestId"),
            )
        except botocore.exceptions.BotoCoreError as error:
            return Outcome(code=type(error).__name__, message=str(error))
        metadata = answer["ResponseMetadata"]
        return Outcome(
            answer=json.loads(self._raw or b"{}"),
            http_status=metadata["HTTPStatusCode"],
            attempts=metadata.get("RetryAttempts", 0) + 1,
            request_id=metadata.get("RequestId"),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
