"""The documentation against the program: generated pages, names that must be there, links that must lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from botocore.loaders import Loader
from typer.testing import CliRunner

from regard.cli.main import app
from regard.settings import ROWS, Settings
from tools import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]

OPERATIONS = sorted(Loader().load_service_model("rekognition", "service-2")["operations"])
COMMANDS = (
    "serve", "try", "doctor", "models list", "models pull", "models verify", "models bundle", "detect faces",
    "detect labels", "detect text", "detect moderation", "detect ppe", "collections list", "collections export",
    "collections import", "consent grant", "consent show", "consent list", "consent withdraw", "consent receipt",
    "consent receipt-key", "consent verify-receipt", "consent import", "evaluate faces", "keys show", "keys rotate",
    "retention", "access create", "access list", "access revoke", "access test", "reviews list", "reviews approve",
    "subject report", "subject export", "subject erase", "subject verify", "log verify", "log show", "log prove",
    "log check", "log checkpoint", "log export", "log audit", "redact cover", "redact plan", "redact render",
    "redact verify", "video labels", "video faces", "video text", "video moderation", "video segments", "video all",
    "jobs list", "jobs show", "jobs cancel", "jobs retry", "jobs priority", "jobs watch", "jobs notices",
    "jobs redeliver", "worker", "backup", "restore", "migrate",
)  # fmt: skip

GROUPS = (
    "models", "detect", "collections", "consent", "evaluate", "keys", "access", "reviews", "subject", "log", "redact",
    "video", "jobs",
)  # fmt: skip


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page may say after "#", by GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def relative_links(page: Path) -> list[tuple[Path, str]]:
    """(file, anchor or "") of each link that does not leave the repository."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    inside = [link.partition("#") for link in links if "://" not in link]
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in inside]


def commands_shown(page: Path) -> list[list[str]]:
    """What follows `regard` on the lines of a page's shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in re.findall(r"^regard (.+)$", block, re.MULTILINE)]


def is_command(words: list[str]) -> bool:
    """Whether the first one or two words are a command, and each option one of its own."""
    known = reference.commands()
    if words[:1] == ["redact"] and f"regard redact {words[1]}" not in known:
        words = ["redact", "cover", *words[1:]]  # the short form
    path = next((" ".join(["regard", *words[:n]]) for n in (2, 1, 0) if " ".join(["regard", *words[:n]]) in known), "")
    options = {"--help"} | {spelling for parameter in known[path].params for spelling in parameter.opts}
    return {word.partition("=")[0] for word in words if word.startswith("-")} <= options


@pytest.mark.parametrize("name", reference.PAGES)
def test_generated_page_is_what_the_code_makes(name: str) -> None:
    assert (reference.FOLDER / name).read_text("utf-8") == reference.PAGES[name](), "run: make docs"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_of_the_service_model_is_on_its_page_once(operation: str) -> None:
    page = (DOCS / "reference/operations.md").read_text("utf-8")
    assert len(re.findall(rf"^(?:\| `{operation}` \| .+|- `{operation}`)$", page, re.MULTILINE)) == 1


@pytest.mark.parametrize("name", Settings.__dataclass_fields__)
def test_setting_is_on_its_page(name: str) -> None:
    assert f"| `{name}` | `{ROWS[name].variable}` |" in (DOCS / "reference/settings.md").read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_on_its_page_and_has_help(command: str) -> None:
    assert f"\n## regard {command}\n" in (DOCS / "reference/cli.md").read_text("utf-8")
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0


def test_page_of_commands_has_no_others() -> None:
    headings = re.findall(r"^## regard (.+)$", (DOCS / "reference/cli.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted([*COMMANDS, *GROUPS])


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    dead = [
        f"{target.name}#{anchor}"
        for target, anchor in relative_links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert dead == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_page_can_be_reached_from_the_index(page: Path) -> None:
    index = DOCS / "README.md"
    assert page in {index, *(target for target, _ in relative_links(index))}


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_shown_are_commands_with_those_options(page: Path) -> None:
    assert [words for words in commands_shown(page) if not is_command(words)] == []
