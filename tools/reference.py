"""Writes the reference pages that are made from the code: `python -m tools.reference`, or `make docs`.

Each page is a function from nothing to Markdown. `tests/docs/test_docs.py` fails when a page on disk is another.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer.main
from botocore.loaders import Loader
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from regard import errors
from regard.app import App
from regard.cli.main import app as command_line
from regard.models.cards import CARDS, Card
from regard.operations.registry import NOT_YET, Registry, Standing
from regard.people.refusals import ATTRIBUTES, OPERATIONS, refusal_of
from regard.settings import ROWS, Settings
from regard.wire.codec import error_body
from regard.wire.model import ServiceModel
from tools import reference_text

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
_MADE = "<!-- Made by `make docs` from the code; do not edit by hand. -->"
_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


def operations_page() -> str:
    """Every operation of Rekognition: served, refused or not yet, and what a caller gets."""
    registry = Registry(ServiceModel.load(), App(Settings(), {}).operations())
    standings = {name: registry.standing(name) for name in sorted(registry.model.operations)}
    of = {standing: [name for name in standings if standings[name] is standing] for standing in Standing}
    not_yet = errors.NotImplementedYet(NOT_YET.format("CreateProject"))
    stream_search = refusal_of("CreateStreamProcessor", {"Settings": {"FaceSearch": {}}})
    assert stream_search is not None
    return _page(
        "Operations",
        reference_text.OPERATIONS.format(total=len(standings), **{s.name.lower(): len(of[s]) for s in Standing}),
        "## Served",
        _table(("operation", "in short"), ((_code(n), reference_text.SERVED[n]) for n in of[Standing.SERVED])),
        "## Refused",
        reference_text.REFUSED,
        _table(
            ("call", "message"),
            (
                *((_code(name), refusal.error().message) for name, refusal in sorted(OPERATIONS.items())),
                *(
                    (f"`DetectFaces` or `IndexFaces` asked for `{name}`", refusal.error().message)
                    for name, refusal in sorted(ATTRIBUTES.items())
                ),
                ("`CreateStreamProcessor` with `Settings.FaceSearch`", stream_search.error().message),
            ),
        ),
        _example(errors.AccessDenied(OPERATIONS["GetFaceSearch"].error().message)),
        "## Not yet",
        reference_text.NOT_YET,
        _example(not_yet),
        "\n".join(f"- {_code(name)}" for name in of[Standing.NOT_YET]),
    )


def settings_page() -> str:
    """Every setting with its names, default and meaning."""
    options = {parameter.name for parameter in commands()["regard serve"].params}
    defaults = {row.name: row.default for row in fields(Settings)}
    rows = (
        (
            _code(name),
            _code(row.variable),
            _code("--" + name.replace("_", "-")) if name in options else "",
            _code(str(defaults[name])) if defaults[name] is not None else "none",
            row.unit,
            row.sentence,
        )
        for name, row in ROWS.items()
    )
    headings = ("setting", "environment variable", "option of `regard serve`", "default", "unit", "meaning")
    return _page("Settings", reference_text.SETTINGS, _table(headings, rows))


def command_line_page() -> str:
    """Every command with its arguments and options."""
    parts: list[str] = []
    for path, command in commands().items():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        words = [path, "COMMAND" if hasattr(command, "commands") else "", *map(_metavar, arguments)]
        parts += [
            f"## {path}",
            f"    {' '.join(word for word in (*words, '[OPTIONS]' if options else '') if word)}",
            command.help or "",
        ]
        rows = [(_code(_metavar(p)), p.help or "", "") for p in arguments]
        rows += [(_code(_option(p)), p.help or "", _default(p)) for p in options]
        if rows:
            parts.append(_table(("argument or option", "meaning", "default"), rows))
    return _page("Command line", reference_text.COMMAND_LINE, *parts)


def errors_page() -> str:
    """The tree of errors, their codes and which of them SDKs repeat by themselves."""
    tree = re.findall(r"^ {4}.*$", errors.__doc__ or "", re.MULTILINE)
    raised = (*_kinds(errors.ServiceError), *_kinds(errors.FrontEndError))
    legacy = _legacy_retried()
    rows = (
        (
            _code(kind.code),
            str(kind.status),
            "service" if issubclass(kind, errors.ServiceError) else "front end",
            _yes((kind.code, kind.status) in legacy or kind.status in legacy),
            _yes(_is_standard_retried(kind)),
            " ".join((kind.__doc__ or "").split()),
        )
        for kind in sorted(raised, key=lambda kind: (kind.code, kind.status))
    )
    headings = ("code (`__type`)", "status", "body", "repeated: legacy", "standard", "meaning")
    return _page(
        "Errors",
        reference_text.ERRORS,
        _example(errors.InvalidImageFormat("Request has invalid image format")),
        reference_text.FRONT_END,
        _example(errors.Validation("1 validation error detected: Value null at 'image' failed to satisfy constraint: "
                                   "Member must not be null")),
        "## All codes",
        reference_text.RETRIES,
        _table(headings, rows),
        "## The tree",
        "\n".join(tree),
    )  # fmt: skip


def models_page() -> str:
    """Every network: licence, origin, hash, what it was trained on."""
    size = sum(card.size_bytes for card in CARDS if card.is_default) / 1e6
    overview = _table(
        ("network", "task", "licence", "MB", "what it is"),
        ((f"[{c.name}](#{c.name})", c.task, c.licence, f"{c.size_bytes / 1e6:.1f}", c.title) for c in CARDS),
    )
    return _page(
        "Networks",
        reference_text.MODELS.format(count=sum(card.is_default for card in CARDS), size=f"{size:.0f}"),
        overview,
        *(part for card in CARDS for part in (f"## {card.name}", _card(card))),
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": command_line_page,
    "errors.md": errors_page,
    "models.md": models_page,
    "operations.md": operations_page,
    "settings.md": settings_page,
}


def _card(card: Card) -> str:
    rows = [
        ("what", card.title),
        ("file", f"`{card.file}`, {card.size_bytes:,} bytes"),
        ("SHA-256", _code(card.sha256)),
        ("licence", f"{card.licence} ({card.licence_evidence})"),
        ("origin", card.origin),
        ("paper", card.paper or "none"),
        ("trained on", card.training_data),
        ("input", card.input),
        ("preparation", card.preprocessing),
        ("accuracy claimed", card.claimed),
        ("fetched", "by default" if card.is_default else f"only by `regard models pull {card.name}`"),
        ("carriers", ", ".join(f"{c.package} {c.version} ({_INDICES[c.registry]})" for c in card.carriers)
                     or "none: it comes with Regard (PROVENANCE.md)"),
    ]  # fmt: skip
    return _table(("", ""), rows)


_INDICES = {"pypi": "Python index", "npm": "npm registry"}


def commands() -> dict[str, Any]:
    """The program and all its commands by what a person types."""

    def walked(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield path, command
        for name, lower in getattr(command, "commands", {}).items():
            yield from walked(f"{path} {name}", lower)

    return dict(walked("regard", typer.main.get_command(command_line)))


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _option(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return f"{option.opts[0]}{value}"


def _default(option: Any) -> str:
    return "" if option.is_flag or option.default is None else _code(str(option.default))


def _kinds(kind: type[errors.ApiError]) -> Iterator[type[errors.ApiError]]:
    """All classes below `kind`."""
    for lower in kind.__subclasses__():
        yield lower
        yield from _kinds(lower)


def _legacy_retried() -> set[int | tuple[str, int]]:
    """Statuses, and codes with their status, that botocore's legacy mode repeats, from its own table."""
    table = Loader().load_data("_retry")
    found: set[int | tuple[str, int]] = set()
    for name in table["retry"]["__default__"]["policies"]:
        response = table["definitions"][name]["applies_when"].get("response", {})
        if "service_error_code" in response:
            found.add((response["service_error_code"], response["http_status_code"]))
        elif response:
            found.add(response["http_status_code"])
    return found


def _is_standard_retried(kind: type[errors.ApiError]) -> bool:
    transient, throttled = TransientRetryableChecker, ThrottledRetryableChecker
    codes = (*transient._TRANSIENT_ERROR_CODES, *throttled._THROTTLED_ERROR_CODES)
    return kind.code in codes or kind.status in transient._TRANSIENT_STATUS_CODES


def _example(error: errors.ApiError) -> str:
    body = error_body(error, _REQUEST_ID).decode()
    return f"```\nHTTP/1.1 {error.status}\n\n{body}\n```"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""


def _code(text: str) -> str:
    return f"`{text}`"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", _MADE, *(part.strip("\n") for part in parts))) + "\n"


def main() -> None:
    """Writes all pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
