"""The table of attacks in the documentation names tests that there are, and every file of attacks."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "concepts" / "security.md").read_text("utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)


def path_of(file: str) -> Path:
    return ROOT / file if "/" in file else ROOT / "tests" / "attacks" / file


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) >= 29
    assert [f"{file}::{name}" for file, name in NAMED if name not in names_in(path_of(file))] == []


def test_every_file_of_attacks_is_named() -> None:
    files = {path.name for path in (ROOT / "tests" / "attacks").glob("test_*.py")}
    assert files - {file for file, _ in NAMED} == {Path(__file__).name}
