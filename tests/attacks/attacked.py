"""The operator's key of the attacked server, and the few words that every attack needs."""

from tests.server.service import CONTENT_TYPE, Answer
from tests.server.signing import Key

OPERATOR = Key("AKIDATTACKED", "wJalrXUtnFEMI/K7MDENG/attacked")
KEYS = f"[one]\naws_access_key_id = {OPERATOR.id}\naws_secret_access_key = {OPERATOR.secret}\n"


def rpc(operation: str) -> dict[str, str]:
    """The headers that every request of the protocol has."""
    return {"Content-Type": CONTENT_TYPE, "X-Amz-Target": f"RekognitionService.{operation}"}


def code_of(answer: Answer) -> str:
    """Of a refusal on either route."""
    body = answer.json
    return str(body.get("__type") or body["code"])
