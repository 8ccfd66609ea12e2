"""FaceId and ImageId: name-based UUIDs, the same for the same picture (contract 5.4)."""

import hashlib
import hmac
import uuid

from regard.people.records import Ratios


def image_id_of(secret: bytes, picture: bytes) -> str:
    """The ImageId of a picture's bytes.

    secret: in a governed collection its own key, so that nobody finds one person in two collections by equal ids, or
    tells from an id whether a picture was enrolled.
    """
    return _uuid(secret, "image", picture)


def face_id_of(secret: bytes, picture: bytes, external_image_id: str | None, version: str, box: Ratios) -> str:
    """The FaceId of a face at `box` of a picture."""
    place = ",".join(f"{side:.6f}" for side in box)
    return _uuid(secret, f"face:{version}:{external_image_id or ''}:{place}", picture)


def _uuid(secret: bytes, kind: str, picture: bytes) -> str:
    digest = hmac.new(secret, kind.encode() + b"\0" + hashlib.sha256(picture).digest(), hashlib.sha256).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))
