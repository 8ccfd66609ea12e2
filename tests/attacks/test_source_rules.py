"""What the source must not hold, read from it: deserialisers that run code, comparisons that tell by time, clients."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import regard

SOURCE = Path(regard.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
TREES = {str(path.relative_to(SOURCE)): ast.parse(path.read_text("utf-8")) for path in FILES}

# Reading a file of these runs what is in it, or may.
CODE_IN_DATA = {
    "pickle",
    "cPickle",
    "_pickle",
    "pickletools",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "yaml",
    "ruamel",
    "torch",
    "keras",
    "tensorflow",
    "pandas",
    "code",
    "runpy",
}
CODE_FROM_TEXT = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "np.load",
    "numpy.load",
    "np.fromregex",
}
# Parsers of XML expand entities, and those may name files and hosts.
XML = {"xml", "lxml", "defusedxml", "bs4", "html5lib"}
# What can open a connection, and who may: fetching weights before the start, the commands that speak to a server, the
# listening socket, the one configured object store, and the configured places that hear of the end of jobs.
CLIENTS = re.compile(
    r"urllib\.request|urllib\.error|http\.client|socket|ssl|requests|httpx|aiohttp|urllib3|ftplib|smtplib|telnetlib"
    r"|websockets?|subprocess|botocore\.(?:session|httpsession|awsrequest)|boto3|paho\.mqtt\.client"
)
MAY_CONNECT = {
    "ledger/served.py": {"http.client"},
    "models/download.py": {"http.client", "ssl", "urllib.error", "urllib.request"},
    "cli/attempt.py": {"botocore.session"},
    "cli/remote.py": {"http.client", "botocore.awsrequest", "botocore.session"},
    "cli/doctor.py": {"socket"},
    "media/sandbox.py": {"socket", "subprocess"},  # a pair of sockets to a child of ours
    "server/http.py": {"socket"},
    "media/sources.py": {"botocore.session"},
    "jobs/channel_sns.py": {"botocore.session"},
    "jobs/channel_webhook.py": {"http.client", "socket", "ssl"},
    "jobs/channel_mqtt.py": {"paho.mqtt.client", "ssl"},
}

SECRETS = re.compile(r"signature|secret|passw|passphrase|bearer|token|nonce|hmac|digest|hash", re.IGNORECASE)
# Comparisons of what everybody may see.
OF_NO_SECRET = {
    "models/weights.py": "the hash of a public file",
    "people/request_tokens.py": "the hash of a request that the same caller repeats",
    "ledger/journal.py": "a check sum",
    "ledger/publishing.py": "the hash of an entry, which is in a public tree",
    "ledger/verifying_tree.py": "hashes of a public tree",
    "redaction/verifying.py": "hashes of files that the asker has",
    "jobs/queue.py": "the hash of a request that the same caller repeats",
    "storage/backup_reading.py": "the hash of an archive that the asker has",
}


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, by their full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def called(tree: ast.Module) -> set[str]:
    """What a file calls, as written."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def keywords(tree: ast.Module) -> set[str]:
    """The names of arguments that a file gives, with their values."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {f"{word.arg}={ast.unparse(word.value)}" for call in calls for word in call.keywords if word.arg}


def timed_comparisons(tree: ast.Module) -> list[str]:
    """Those with == and != in which neither side is a constant and a name speaks of a secret."""
    comparisons = (node for node in ast.walk(tree) if isinstance(node, ast.Compare))
    return [ast.unparse(node) for node in comparisons if _is_timed(node)]


def _is_timed(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    return (
        any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and not any(_is_public(side) for side in sides)
        and any(SECRETS.search(name) for side in sides for name in _names(side))
    )


def _is_public(side: ast.expr) -> bool:
    """A constant, a length, whether something is there, or a column of a table, which the database compares."""
    text = ast.unparse(side)
    return isinstance(side, ast.Constant | ast.Compare) or bool(
        re.match(r"_?[A-Z][A-Z_]*$|len\(|(schema|table)\.", text)
    )


def _names(side: ast.expr) -> Iterator[str]:
    for node in ast.walk(side):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize(
    ("text", "is_timed"),
    [
        ("signature != given", True),
        ("key.secret == text", True),
        ("hash_of(sent) == stored", True),
        ("hmac.compare_digest(signature, given)", False),
        ("len(signature) != 64", False),
        ("len(secret) != LENGTH", False),
        ("secret is None", False),
        ("token == '['", False),
    ],
)
def test_the_rule_sees_what_it_is_for(text: str, is_timed: bool) -> None:
    assert bool(timed_comparisons(ast.parse(text))) is is_timed


def test_secrets_are_compared_in_constant_time() -> None:
    """DeepFace's interface compared its token with `!=`."""
    found = {name: timed_comparisons(tree) for name, tree in TREES.items() if name not in OF_NO_SECRET}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("name", ["wire/sigv4.py", "wire/tokens.py"])
def test_signatures_and_page_tokens_are_compared_by_the_library(name: str) -> None:
    assert "hmac.compare_digest" in called(TREES[name])


def test_nothing_is_read_that_could_run() -> None:
    """DeepFace loaded a pickle from the folder of pictures, BentoML from requests (CVE-2024-2912)."""
    found = {name: {module.split(".")[0] for module in imported(tree)} & CODE_IN_DATA for name, tree in TREES.items()}
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_nothing_runs_text() -> None:
    found = {name: called(tree) & CODE_FROM_TEXT for name, tree in TREES.items()}
    assert {name: calls for name, calls in found.items() if calls} == {}
    dangerous = {"allow_pickle=True", "shell=True", "verify=False", "use_ssl=False"}
    given = {name: keywords(tree) & dangerous for name, tree in TREES.items()}
    assert {name: words for name, words in given.items() if words} == {}


def test_no_xml_is_parsed() -> None:
    found = {name: {module.split(".")[0] for module in imported(tree)} & XML for name, tree in TREES.items()}
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_only_these_files_can_open_a_connection_or_start_a_program() -> None:
    """None of them is reached with a name from a request, save the object store and the SNS service, with
    a bucket and a key, or a topic."""
    found = {name: {module for module in imported(tree) if CLIENTS.fullmatch(module)} for name, tree in TREES.items()}
    assert {name: modules for name, modules in found.items() if modules} == MAY_CONNECT


def test_no_statement_of_sql_is_put_together_from_text() -> None:
    """Frigate's `get_face_ids` was (its pull request 22500)."""
    found = {name: [ast.unparse(call) for call in _statements(tree)] for name, tree in TREES.items()}
    assert {name: calls for name, calls in found.items() if calls} == {}


def _statements(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls that take SQL as text, where the text is made of parts; pragmas take no parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.fullmatch(
            r"(.*\.)?(text|execute|exec_driver_sql)", ast.unparse(node.func)
        ):
            made = [ast.unparse(part) for part in node.args if isinstance(part, ast.JoinedStr | ast.BinOp)]
            if any(not text.startswith("f'PRAGMA ") for text in made):
                yield node
