"""`regard access`: access keys, what each may do, and taking them back.

With --url it asks a running server; with --data it opens the folder of a stopped one, which is how the first key of a
server that others can reach is made.
"""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.attempt import DEFAULT_URL
from regard.cli.consent_rows import moment_of
from regard.cli.remote import CommandError, Json, Remote, errors_told
from regard.errors import ApiError
from regard.settings import Settings, SettingsError

app = typer.Typer(no_args_is_help=True, help="Make, list, test and revoke access keys.")

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id.")]
Url = Annotated[str | None, typer.Option(help=f"The running server; {DEFAULT_URL} if neither is given.")]
Data = Annotated[Path | None, typer.Option(metavar="DIR", help="The data folder of a server that is stopped.")]
KeyFile = Annotated[
    Path | None, typer.Option("--master-key-file", metavar="FILE", help="With --data: the file of the master key.")
]


class Keys(Protocol):
    """The keys of a server, in the words of `/v1/access-keys`. Every method raises CommandError."""

    def create(self, content: dict[str, Any]) -> dict[str, Any]:
        """The new key with its secret."""

    def all(self) -> list[dict[str, Any]]:
        """Every key, by id."""

    def revoke(self, key_id: str) -> dict[str, Any]:
        """The key as it is then."""

    def test(self, key_id: str, content: dict[str, Any]) -> dict[str, Any]:
        """Whether something would be allowed."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is called; for people and for ~/.aws/credentials.")],
    operations: Annotated[list[str], typer.Option(help="Operations it may call, as 'Search*,ListFaces'; repeatable.")],
    collections: Annotated[
        list[str] | None, typer.Option(help="Collections it may touch, as 'staff,door-*'; none if not given.")
    ] = None,
    purposes: Annotated[
        list[str] | None, typer.Option(help="Purpose it may be used for; repeatable; any if not given.")
    ] = None,
    searches_per_minute: Annotated[int | None, typer.Option(help="How often it may search; no limit if none.")] = None,
    is_reviewer: Annotated[bool, typer.Option("--reviewer", help="It may approve searches that need it.")] = False,
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="Until when: a date, or a time with its zone; for good if none.")
    ] = None,
    url: Url = None,
    data: Data = None,
    master_key_file: KeyFile = None,
    is_json: Json = False,
) -> None:  # fmt: skip
    """Make a key and print it once, as lines for ~/.aws/credentials. Its policy cannot be changed later."""
    policy = {
        "operations": _split(operations),
        "collections": _split(collections or []),
        "purposes": purposes or ["*"],
        "searches_per_minute": searches_per_minute,
        "reviewer": is_reviewer,
    }
    with errors_told():
        until = moment_of(expires).isoformat() if expires is not None else None
        with _keys(url, data, master_key_file) as keys:
            made = keys.create({"name": name, "policy": policy, "expires": until})
    if is_json:
        typer.echo(json.dumps(made, indent=2))
        return
    typer.echo("The secret is not shown again. For ~/.aws/credentials:", err=True)
    typer.echo(f"[{made['name']}]\naws_access_key_id = {made['id']}\naws_secret_access_key = {made['secret']}")


@app.command("list")
def list_keys(
    url: Url = None, data: Data = None, master_key_file: KeyFile = None, is_json: Json = False
) -> None:  # fmt: skip
    """Show every key that was ever made, who made it and what it may do."""
    with errors_told(), _keys(url, data, master_key_file) as keys:
        found = sorted(keys.all(), key=lambda one: str(one["created"]))
    if is_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("Id", "Name", "State", "Operations", "Collections", "Purposes", "Made by", "Expires (UTC)")
    for heading in table.columns:
        heading.overflow = "fold"
    for one in found:
        table.add_row(*map(Text, _cells(one)))
    Console().print(table)


@app.command()
def revoke(
    key_id: KeyId, url: Url = None, data: Data = None, master_key_file: KeyFile = None, is_json: Json = False
) -> None:
    """Take a key back. Its next request is refused; keys that it made stay, as `list` shows."""
    with errors_told(), _keys(url, data, master_key_file) as keys:
        ended = keys.revoke(key_id)
    typer.echo(json.dumps(ended, indent=2) if is_json else f"{ended['id']} ({ended['name']}) is revoked")


@app.command("test")
def would_allow(
    key_id: KeyId,
    operation: Annotated[str, typer.Option(help="As SearchFaces or GrantConsent: docs/concepts/access.md.")],
    collection: Annotated[str | None, typer.Option(help="On which collection.")] = None,
    url: Url = None,
    data: Data = None,
    master_key_file: KeyFile = None,
    is_json: Json = False,
) -> None:
    """Say whether a key would be allowed an operation, and why or why not. Exit code 1 where it would not."""
    asked = {"operation": operation} | ({"collection": collection} if collection is not None else {})
    with errors_told(), _keys(url, data, master_key_file) as keys:
        answer = keys.test(key_id, asked)
    word = "allowed" if answer["allowed"] else "not allowed"
    typer.echo(json.dumps(answer, indent=2) if is_json else f"{word}: {answer['reason']}")
    if not answer["allowed"]:
        raise typer.Exit(1)


class _ServerKeys:
    """Those of a running server."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def create(self, content: dict[str, Any]) -> dict[str, Any]:
        return dict(self._remote.post("/access-keys", content))

    def all(self) -> list[dict[str, Any]]:
        return self._remote.page_all("/access-keys", "access_keys")

    def revoke(self, key_id: str) -> dict[str, Any]:
        return dict(self._remote.post(f"/access-keys/{quote(key_id, safe='')}/revocation", {}))

    def test(self, key_id: str, content: dict[str, Any]) -> dict[str, Any]:
        return dict(self._remote.post(f"/access-keys/{quote(key_id, safe='')}/test", content))


class _FolderKeys:
    """Those of a data folder that this process holds."""

    def __init__(self, people: Any, settings: Settings) -> None:
        """people: `people.open.People`, which takes a second to import."""
        self._people = people
        self._settings = settings

    def create(self, content: dict[str, Any]) -> dict[str, Any]:
        from regard.server.rest_access import create_key

        made = create_key(self._people, self._asker("ManageAccessKeys"), json.dumps(content).encode())
        return made.model_dump(mode="json")

    def all(self) -> list[dict[str, Any]]:
        from regard.people.access import MOST_KEYS
        from regard.server.rest_access import page_of_keys

        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = page_of_keys(self._people, after, MOST_KEYS).model_dump(mode="json")
            found += page["access_keys"]
            after = page["next"]
            if after is None:
                return found

    def revoke(self, key_id: str) -> dict[str, Any]:
        from regard.server.rest_access import revoke_key

        return revoke_key(self._people, self._asker("ManageAccessKeys"), key_id).model_dump(mode="json")

    def test(self, key_id: str, content: dict[str, Any]) -> dict[str, Any]:
        from regard.server.rest_access import verdict_on

        asker = self._asker("ReadAccessKeys")
        return verdict_on(self._people, asker, key_id, json.dumps(content).encode()).model_dump(mode="json")

    def _asker(self, operation: str) -> Any:
        from regard.people.acts import Asker

        return Asker(self._settings.account, self._settings.region, str(uuid.uuid4()), operation=operation)


@contextmanager
def _keys(url: str | None, data: Path | None, master_key_file: Path | None) -> Iterator[Keys]:
    """The keys that the options mean. Raises CommandError."""
    if data is None:
        yield _ServerKeys(Remote(url or DEFAULT_URL))
        return
    if url is not None:
        raise CommandError("give --url for a running server or --data for a stopped one, not both")
    with _opened(data, master_key_file) as keys:
        yield keys


@contextmanager
def _opened(data: Path, master_key_file: Path | None) -> Iterator[_FolderKeys]:
    from regard.analysis.embedding import DIMENSIONS
    from regard.ledger.errors import LedgerError
    from regard.people.open import open_people
    from regard.storage.errors import DataFolderInUse, StorageError
    from regard.storage.open import open_storage

    try:
        settings = Settings.read(os.environ, data=data, master_key_file=master_key_file)
        storage = open_storage(settings.data, settings.master_key_file, settings.master_key, os.environ)
        if storage.new_key_file is not None:
            typer.echo(f"A master key was made in {storage.new_key_file}: back it up, apart from the data.", err=True)
        try:
            people = open_people(storage, model_version=settings.face_model, dimension_of=DIMENSIONS.__getitem__)
        except BaseException:
            storage.close()
            raise
        try:
            yield _FolderKeys(people, settings)
        finally:
            people.close()
    except DataFolderInUse as error:
        raise CommandError(f"{error}; while its server runs, give --url") from error
    except ApiError as error:
        raise CommandError(f"{error.message} ({error.code})") from error
    except (StorageError, LedgerError, SettingsError) as error:
        raise CommandError(str(error)) from error


def _split(texts: list[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    policy = one["policy"]
    rate = policy["searches_per_minute"]
    operations = ", ".join(policy["operations"]) + (f"; {rate} searches a minute" if rate is not None else "")
    return (
        one["id"],
        one["name"],
        one["state"],
        operations + ("; reviewer" if policy["reviewer"] else ""),
        ", ".join(policy["collections"]),
        ", ".join(policy["purposes"]),
        one["created_by"],
        one["expires"] or "",
    )
