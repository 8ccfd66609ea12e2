"""A server with a sensitive collection, the key of a door and those of two reviewers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import ClientError

from tests.server.service import Service, running
from tests.server.signing import Key, ask, make_key

IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).isoformat(timespec="seconds")
ADMIN = Key("AKIDADMIN", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")  # of the file, which alone makes reviewers
TAGS = {"regard:purpose": "vault", "regard:controller": "Example Ltd", "regard:sensitive": "true"}


@dataclass(frozen=True)
class Vault:
    """The server, with a user in its collection "vault"."""

    service: Service
    door: Key
    ann: Key
    bob: Key

    def search(self, user: str) -> str:
        """ "" where a search for a user is answered, else the code and message of its refusal."""
        try:
            self.door.client(self.service).search_users(CollectionId="vault", UserId=user)
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return ""

    def review(self, user: str) -> str:
        """The id of the review that the search waits for."""
        named = re.search(r"/v1/reviews/([0-9a-f-]{36})/approval", self.search(user))
        assert named is not None
        return named[1]

    def enrol(self, user: str) -> None:
        """Makes a user without faces, who can be searched for."""
        consent = {
            "collection": "vault",
            "subject": user,
            "purpose": "vault",
            "expires": IN_A_YEAR,
            "evidence_sha256": "0" * 64,
        }
        assert ask(self.service, ADMIN, "POST", "/v1/consents", consent).status == 201
        ADMIN.client(self.service).create_user(CollectionId="vault", UserId=user)


@contextmanager
def vault_server(folder: Path, *users: str) -> Iterator[Vault]:
    """The server, with these users in its collection "vault"."""
    file = folder / "keys"
    file.touch(0o600)
    file.write_text(f"[admin]\naws_access_key_id = {ADMIN.id}\naws_secret_access_key = {ADMIN.secret}\n")
    with running(folder / "data", face_model="1.0", access_keys=file) as service:
        ADMIN.client(service).create_collection(CollectionId="vault", Tags=TAGS)
        ann, bob = (make_key(service, ADMIN, "ReviewSearches", reviewer=True) for _ in range(2))
        made = Vault(service, make_key(service, ADMIN, "Search*", "ReviewSearches"), ann, bob)
        for user in users:
            made.enrol(user)
        yield made
