"""Signed notes and checkpoints against published ones.

The keys and notes of Peter and Enoch are those of golang.org/x/mod's `sumdb/note/note_test.go` (BSD-3-Clause);
example.com/foo is the example of https://c2sp.org/signed-note, the checkpoint that of https://c2sp.org/tlog-checkpoint.
"""

import base64

import pytest

from regard.ledger.errors import ProofError
from regard.ledger.notes import Checkpoint, NoteSigner, NoteVerifier

TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
FOO_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
NOTE = f"{TEXT}\n{PETER_LINE}"
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_signing_gives_the_published_note_and_key() -> None:
    signer = NoteSigner("PeterNeumann", PETER_SEED)
    assert signer.vkey == PETER
    assert signer.sign(TEXT).decode() == NOTE


@pytest.mark.parametrize(
    ("vkey", "note", "text"),
    [
        (PETER, NOTE, TEXT),
        (FOO, FOO_NOTE, "This is an example message.\n"),
        (PETER, NOTE + ENOCH_LINE, TEXT),
        (ENOCH, NOTE + ENOCH_LINE, TEXT),
        (ENOCH, f"{TEXT}\n" + PETER_LINE.replace("x08go", "x08gA") + ENOCH_LINE, TEXT),
    ],
    ids=["go", "specification", "first of two", "second of two", "another key's is wrong"],
)
def test_published_note_verifies(vkey: str, note: str, text: str) -> None:
    assert NoteVerifier(vkey).verify(note.encode()) == text


def test_text_may_have_empty_lines() -> None:
    text = "Ognuno sta solo sul cuor della terra\n\ned è subito sera.\n"
    signer = NoteSigner("quasimodo.example/salvatore", bytes(32))
    assert NoteVerifier(signer.vkey).verify(signer.sign(text)) == text


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (NOTE.replace("answer", "question"), "signature by PeterNeumann.* is wrong"),
        (NOTE.replace("x08go/Z", "x08go/a"), "signature by PeterNeumann.* is wrong"),
        (f"{NOTE}{PETER_LINE.replace('x08go/Z', 'x08go/a')}", "signature by PeterNeumann.* is wrong"),
        (f"{TEXT}\n{ENOCH_LINE}", "not signed by PeterNeumann"),
        (NOTE.replace("PeterNeumann", "EnochRoot"), "not signed by PeterNeumann"),
        (NOTE.replace("x08go/Z", "x08gp/Z"), "not signed by PeterNeumann"),
        (NOTE.replace("— ", "- "), "malformed signature line"),
        (NOTE.replace("— PeterNeumann ", "— PeterNeumann  "), "malformed signature line"),
        (NOTE.replace("JnAM=", "JnAN="), "canonical"),
        (NOTE.replace("JnAM=", "JnAM"), "not base64"),
        (NOTE[:-1], "a text, an empty line and signatures"),
        (TEXT, "a text, an empty line and signatures"),
        (f"{TEXT}\n", "a text, an empty line and signatures"),
        (NOTE.replace("know", "kn\tow"), "a text, an empty line and signatures"),
        ("", "a text, an empty line and signatures"),
        (f"{TEXT}\n{PETER_LINE * 65}", "65 signatures; the limit is 64"),
    ],
    ids=[
        "text",
        "signature",
        "a second one of the same key",
        "only another key's",
        "another key's name",
        "key id",
        "dash",
        "spaces",
        "bits after the end",
        "padding",
        "no newline at the end",
        "no signature",
        "no signature line",
        "control character",
        "empty",
        "too many signatures",
    ],
)
def test_note_that_does_not_hold_is_refused(note: str, message: str) -> None:
    with pytest.raises(ProofError, match=message):
        NoteVerifier(PETER).verify(note.encode())


def test_note_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ProofError, match="UTF-8"):
        NoteVerifier(PETER).verify(NOTE.encode("utf-16"))


@pytest.mark.parametrize(
    ("vkey", "message"),
    [
        (PETER.replace("c74f20a3", "c74f20a4"), "id is not that of its key"),
        (PETER.replace("Peter", "Petra"), "id is not that of its key"),
        (PETER.replace("+AR", "+BR"), "not a verifier key of an Ed25519"),
        (PETER[:-4], "not a verifier key of an Ed25519"),
        (PETER[:-1], "not base64"),
        ("PeterNeumann", "not a verifier key"),
        (PETER.replace("PeterNeumann", ""), "must not be empty"),
        (PETER.replace("PeterNeumann", "Peter Neumann"), "no space"),
    ],
    ids=["id", "name", "kind of key", "short", "base64", "name only", "no name", "space"],
)
def test_malformed_verifier_key_is_refused(vkey: str, message: str) -> None:
    with pytest.raises(ProofError, match=message):
        NoteVerifier(vkey)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u2003b", "a\x00b"])
def test_name_that_a_note_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a key's name"):
        NoteSigner(name, bytes(32))


@pytest.mark.parametrize("text", ["no newline", "", "a\rb\n", "a\0b\n"])
def test_text_that_a_note_cannot_carry_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="ends in a newline"):
        NoteSigner("example.com/log", bytes(32)).sign(text)


def test_checkpoint_of_the_specification_is_read_and_written() -> None:
    checkpoint = Checkpoint.parse(SOFA)
    assert checkpoint == Checkpoint("example.com/behind-the-sofa", 20852163, base64.b64decode(ROOT))
    assert checkpoint.text == SOFA


def test_extension_lines_are_passed_over() -> None:
    assert Checkpoint.parse(f"{SOFA}more\n") == Checkpoint.parse(SOFA)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"log\n7\n{ROOT}", "one a line"),
        (f"\n7\n{ROOT}\n", "one a line"),
        (f"log\n7\n{ROOT}\n\n", "one a line"),
        ("log\n7\n", "one a line"),
        ("", "one a line"),
        (f"log\n07\n{ROOT}\n", "no number"),
        (f"log\n-7\n{ROOT}\n", "no number"),
        (f"log\n\u0667\n{ROOT}\n", "no number"),
        (f"log\n{'9' * 5000}\n{ROOT}\n", "no number"),
        ("log\n7\nCsUY\n", "3 bytes; it must have 32"),
        ("log\n7\nroot!\n", "not base64"),
    ],
)
def test_malformed_checkpoint_is_refused(text: str, message: str) -> None:
    with pytest.raises(ProofError, match=message):
        Checkpoint.parse(text)
