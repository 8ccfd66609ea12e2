"""`regard try`: one photograph to a server over the wire, and what came back, drawn."""

from pathlib import Path
from typing import Annotated

import botocore.session
import typer
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from regard.cli import reports
from regard.media.images import ALL_FORMATS, Budget
from regard.samples import astronaut

DEFAULT_URL = "http://127.0.0.1:8080"


def attempt(
    photo: Annotated[
        Path | None, typer.Argument(metavar="[PHOTO]", help="A picture; NASA's astronaut if none.")
    ] = None,
    url: Annotated[str, typer.Option(help="The server.")] = DEFAULT_URL,
    out: Annotated[Path, typer.Option(help="Where the drawing goes.")] = Path("regard-first-answer.jpg"),
) -> None:
    """Send a photograph to a running server as any AWS SDK would, show the answer and draw it."""
    try:
        data = photo.read_bytes() if photo else astronaut()
        answer = _client(url).detect_faces(Image={"Bytes": data}, Attributes=["ALL"])
        reports.show(reports.FACES, str(photo or "astronaut.jpg"), answer)
        reports.draw(reports.FACES, data, Budget(ALL_FORMATS), answer, out)
    except (ClientError, BotoCoreError, ValueError, OSError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Boxes and landmarks are drawn in {out}")


def _client(url: str):  # type: ignore[no-untyped-def]  # botocore makes its clients at run time
    session = botocore.session.Session()
    # Else a machine without credentials would ask a cloud's metadata service for some, and wait.
    session.get_component("credential_provider").remove("iam-role")
    options = {} if session.get_credentials() else {"signature_version": UNSIGNED}
    region = session.get_config_variable("region") or "us-east-1"
    return session.create_client("rekognition", region_name=region, endpoint_url=url, config=Config(**options))
