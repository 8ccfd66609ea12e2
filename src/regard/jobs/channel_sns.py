"""Notices to the topics that clients name, all at one SNS service that the operator configured."""

import re
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from regard.jobs.delivery import DeliveryError
from regard.jobs.records import Notice

ID_ATTRIBUTE = "regard.notice-id"
_FIFO = ".fifo"
_CODE = re.compile(r"[A-Za-z0-9._-]{1,100}")


class SnsTopics:
    """One SNS-compatible service; no other address is ever contacted, not even for credentials or through a proxy.

    The ARN of a topic is text in the request's body: it names no host here, whatever is in it.
    """

    def __init__(self, endpoint: str, region: str, access_key_id: str | None, secret_access_key: str | None) -> None:
        """Requests are unsigned where there is no key."""
        options = {"signature_version": UNSIGNED} if access_key_id is None else {}
        self._client = botocore.session.Session().create_client(
            "sns",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=Config(
                connect_timeout=5,
                read_timeout=10,
                retries={"total_max_attempts": 1},  # `jobs/delivery.py` tries again
                proxies={},
                ignore_configured_endpoint_urls=True,
                **options,
            ),
        )

    def send(self, notice: Notice) -> None:
        """As `Channel.send`. The message is the body as it is; the id is an attribute beside it."""
        try:
            answer = self._client.publish(**_message(notice))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            raise DeliveryError(f"the SNS service refused it: {code if _CODE.fullmatch(code) else '?'}") from error
        except BotoCoreError as error:
            raise DeliveryError(f"the SNS service does not answer: {type(error).__name__}") from error
        except (ResponseParserError, ValueError) as error:
            raise DeliveryError("the SNS service's answer cannot be read") from error
        if "MessageId" not in answer:  # a redirect, or a page of something else
            raise DeliveryError(f"the SNS service answered {answer['ResponseMetadata']['HTTPStatusCode']}")


def _message(notice: Notice) -> dict[str, Any]:
    message = {
        "TopicArn": notice.target,
        "Message": notice.body,
        "MessageAttributes": {ID_ATTRIBUTE: {"DataType": "String", "StringValue": notice.id}},
    }
    if notice.target.endswith(_FIFO):
        # There SNS itself drops what comes twice within five minutes.
        message |= {"MessageDeduplicationId": notice.id, "MessageGroupId": notice.job_id}
    return message
