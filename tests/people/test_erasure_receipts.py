"""A person who was enrolled, searched for and erased: what the log's files and a receipt show on another machine."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regard.ledger.log import Ledger
from regard.ledger.notes import NoteSigner
from regard.ledger.reader import LogFiles
from regard.people.erasure_receipts import ErasureStory, verify_erasure_receipt
from regard.people.receipted_erasure import ErasureReceipt
from regard.people.receipts import CONSENT, ERASURE, ReceiptError, ReceiptSigner, verify
from regard.people.secret_keys import kept_secret
from tests.people.rooms import ASKER, GOVERNED, enrol, found, grant, opened, person

AT = "2027-01-15T08:00:00.000Z"
CROP = b"a picture of ada"


def erased(folder: Path, log: Path) -> ErasureReceipt:
    """Ada agrees, is enrolled, searched for, verified, told of it and erased, and Grace with her. `log`: where a copy
    of the log goes."""
    with opened(folder) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        for name, number in (("ada", 1), ("grace", 2)):
            grant(people, staff, name, keeps_crops=True)
            enrol(people, staff, name, number, CROP)
        found(people, staff, 1)
        found(people, staff, 2)
        people.matching.verify(ASKER, staff, "ada", person(2), 90.0, b"a picture of grace")
        people.rights.report(ASKER, "ada", None)
        (receipt,) = people.rights.erase(ASKER, "ada", None)
    shutil.copytree(folder / "ledger", log)
    return receipt


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another machine: a copy of the log's files as they were right after the erasure. The server goes on."""
    return tmp_path_factory.mktemp("elsewhere") / "log"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def receipt(server: Path, elsewhere: Path) -> ErasureReceipt:
    made = erased(server, elsewhere)
    with opened(server) as people:  # what comes after
        found(people, people.collections.get(ASKER, "staff"), 2)
    return made


@dataclass
class Keys:
    """The server's own, so that a test can sign what the server never would."""

    receipts: ReceiptSigner
    log: NoteSigner


@pytest.fixture(scope="module")
def keys(server: Path, receipt: ErasureReceipt, elsewhere: Path) -> Keys:
    with opened(server) as people:
        seed = kept_secret(people.storage, "log")
        return Keys(ReceiptSigner(people.storage), NoteSigner(LogFiles(elsewhere).checkpoint.origin, seed))


def story(receipt: str, log: Path, vkey: str | None = None) -> ErasureStory:
    return verify_erasure_receipt(receipt, LogFiles(log), None, vkey)


def test_files_and_receipt_tell_what_happened(receipt: ErasureReceipt, elsewhere: Path) -> None:
    told = story(receipt.receipt, elsewhere)
    assert (told.subject, told.collection, told.purpose, told.controller) == (
        "ada", "staff", "staff entrance", "Example Ltd",
    )  # fmt: skip
    assert (told.erased_at, told.why, told.faces, told.crops) == (AT, "erased", 1, 1)
    # 0 is the start, 1 the collection; 4, 5 and 7 are about Grace.
    assert [line.partition(": ")[2].replace(", by local)", ")") for line in told.happened] == [
        "Consent for 'staff entrance' was recorded, until 2028-01-15 08:00 UTC. (entry 2)",
        "Their face was enrolled: 1 face. (entry 3)",
        "A picture was searched for among 2 faces, and the answer was this person, with a similarity of 99.9. "
        "(entry 6)",
        "It was asked whether a picture shows this person, and the answer was that it was not them. (entry 8)",
        "What is held about them was read. (entry 9)",
        "Everything held was erased and the secret key destroyed, because erasure was asked for: 1 face, 1 picture. "
        "(entry 10)",
    ]
    assert all(line.startswith(AT) for line in told.happened)
    assert "Subject 'ada' in collection 'staff'" in told.text
    assert any("backup" in one for one in told.cannot_show)


def test_log_that_grew_since_still_shows_it(receipt: ErasureReceipt, server: Path, elsewhere: Path) -> None:
    grown = LogFiles(server / "ledger")
    assert grown.size > LogFiles(elsewhere).size
    told = verify_erasure_receipt(receipt.receipt, grown, None, grown.vkey)
    assert told.happened == story(receipt.receipt, elsewhere).happened
    assert f"now {grown.size:,} entries" in told.shows[-1]


def test_receipt_verifies_with_keys_alone(receipt: ErasureReceipt, keys: Keys, elsewhere: Path) -> None:
    vkey = LogFiles(elsewhere).vkey
    told = verify_erasure_receipt(receipt.receipt, None, keys.receipts.public_key, vkey)
    assert told.happened == story(receipt.receipt, elsewhere).happened
    assert "files were not given" in told.cannot_show[-1]
    with pytest.raises(ReceiptError, match="public key has to be given"):
        verify_erasure_receipt(receipt.receipt, None, None, vkey)


def test_without_the_receipt_the_log_does_not_name_anybody(receipt: ErasureReceipt, elsewhere: Path) -> None:
    files = b"".join(path.read_bytes() for path in elsewhere.rglob("*") if path.is_file())
    names = [word for word in (b'"ada"', b'"grace"', receipt.says["acts"][0]["salt"].encode()) if word in files]
    assert names == []


def flipped(text: str) -> str:
    """Other hex digits."""
    return ("1" if text[0] == "0" else "0") + text[1:]


ALTERATIONS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another salt": (
        lambda says: says["acts"][0].update(salt=flipped(says["acts"][0]["salt"])),
        "entry 2 .* committed to",
    ),
    "other fields": (lambda says: says["acts"][2]["fields"].update(similarity=1.0), "entry 6 .* committed to"),
    "another entry": (
        lambda says: says["acts"][1].update(entry=says["acts"][1]["entry"].replace("local", "other")),
        "entry 3 .* is not in the log",
    ),
    "another place": (lambda says: says["acts"][1].update(index=4), "entry 4 .* is not in the log"),
    "another proof": (
        lambda says: says["erasure"]["inclusion"].__setitem__(0, flipped(says["erasure"]["inclusion"][0])),
        "entry 10 .* is not in the log",
    ),
    "another person": (lambda says: says.update(subject="grace"), "about another person or another collection"),
    "another collection": (lambda says: says.update(collection="visitors"), "about another person or another"),
    "entries in another order": (lambda says: says["acts"].reverse(), "not in the log's order"),
    "an entry twice": (lambda says: says["acts"].append(says["acts"][-1]), "not in the log's order"),
    "another act for the erasure": (
        lambda says: says.update(erasure=says["acts"].pop()),
        "entry 9 is 'read subject'; the receipt calls it the erasure",
    ),
    "other numbers": (lambda says: says.update(faces=0), "does not say what the receipt says"),
    "another reason": (lambda says: says.update(why="withdrawn"), "does not say what the receipt says"),
    "another time": (lambda says: says.update(erased_at="2027-01-14T08:00:00.000Z"), "does not say what the receipt"),
    "another checkpoint": (
        lambda says: says["log"].update(checkpoint=says["log"]["checkpoint"].replace("\n11\n", "\n12\n")),
        "checkpoint does not hold",
    ),
    "no erasure": (lambda says: says.pop("erasure"), "incomplete: KeyError"),
    "acts that are none": (lambda says: says.update(acts=[1]), "incomplete"),
    "another type": (lambda says: says.update(type="regard erasure receipt 9"), "this version knows"),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_receipt_that_says_what_the_log_does_not_is_refused_even_if_signed(
    receipt: ErasureReceipt, keys: Keys, elsewhere: Path, alteration: str
) -> None:
    alter, message = ALTERATIONS[alteration]
    says = json.loads(json.dumps(receipt.says))
    alter(says)
    with pytest.raises(ReceiptError, match=message):
        story(keys.receipts.sign(says, ERASURE), elsewhere)


def test_erasure_that_an_enrolment_followed_is_refused(tmp_path: Path) -> None:
    first = erased(tmp_path / "data", tmp_path / "log")
    with opened(tmp_path / "data") as people:
        grant(people, people.collections.get(ASKER, "staff"), "ada")
        (second,) = people.rights.erase(ASKER, "ada", None)
        files, signer = LogFiles(tmp_path / "data" / "ledger"), ReceiptSigner(people.storage)
    proof = [one.hex() for one in files.prove(10).hashes]
    says = second.says | {"erasure": first.says["erasure"] | {"inclusion": proof}, "faces": 1, "crops": 1}
    # 11 is the second start.
    with pytest.raises(ReceiptError, match="entry 12 is 'grant consent', after the erasure at 10"):
        story(signer.sign(says, ERASURE), tmp_path / "data" / "ledger")


def test_altered_receipt_is_refused(receipt: ErasureReceipt, elsewhere: Path) -> None:
    header, content, signature = receipt.receipt.split(".")
    for altered in (f"{header}.{content[:-2]}AA.{signature}", f"{header}.{content}.{signature[:-2]}AA", "x", "a.b.c"):
        with pytest.raises(ReceiptError):
            story(altered, elsewhere)


def test_consent_receipt_does_not_pass_for_one_of_an_erasure(
    receipt: ErasureReceipt, keys: Keys, elsewhere: Path
) -> None:
    with pytest.raises(ReceiptError, match="no erasure receipt"):
        story(keys.receipts.sign(receipt.says, CONSENT), elsewhere)
    with pytest.raises(ReceiptError, match="no consent receipt"):
        verify(receipt.receipt, keys.receipts.public_key)


def test_files_of_another_log_are_refused(receipt: ErasureReceipt, elsewhere: Path, tmp_path: Path) -> None:
    erased(tmp_path / "data", tmp_path / "log")
    with pytest.raises(ReceiptError, match="signed with another key"):
        story(receipt.receipt, tmp_path / "log")
    with pytest.raises(ReceiptError, match="files are those of another log"):
        story(receipt.receipt, elsewhere, LogFiles(tmp_path / "log").vkey)


def test_files_from_before_the_erasure_are_too_old(
    receipt: ErasureReceipt, keys: Keys, elsewhere: Path, tmp_path: Path
) -> None:
    rewritten(keys, tmp_path / "log", list(LogFiles(elsewhere).entries())[:10])
    with pytest.raises(ReceiptError, match="hold 10 entries and the receipt was made at 11: take newer files"):
        story(receipt.receipt, tmp_path / "log")


def test_log_that_was_rewritten_with_its_own_key_is_found_out(
    receipt: ErasureReceipt, keys: Keys, elsewhere: Path, tmp_path: Path
) -> None:
    entries = list(LogFiles(elsewhere).entries())
    entries[6] = entries[6].replace(b"search faces", b"search users")
    rewritten(keys, tmp_path / "log", entries)
    with pytest.raises(ReceiptError, match="the log's files do not hold"):
        story(receipt.receipt, tmp_path / "log")


def test_entry_altered_under_a_tree_that_was_left_alone_is_found_out(
    receipt: ErasureReceipt, elsewhere: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    shutil.copytree(elsewhere, log)
    bundle = log / "tile" / "entries" / "000.p" / "11"
    bundle.write_bytes(bundle.read_bytes().replace(b"search faces", b"search users"))
    with pytest.raises(ReceiptError, match="entry 6 of the files is not the one that stood there"):
        story(receipt.receipt, log)


def test_log_that_names_no_receipt_key_needs_one_given(receipt: ErasureReceipt, keys: Keys, tmp_path: Path) -> None:
    rewritten(keys, tmp_path / "log", [b"{}", b'{"receipt_key":"00"}'])
    with pytest.raises(ReceiptError, match="names no receipt key"):
        story(receipt.receipt, tmp_path / "log")


def rewritten(keys: Keys, target: Path, entries: list[bytes]) -> None:
    """A log of the same name and key, signed anew."""
    ledger = Ledger.open(target, keys.log)
    ledger.enqueue(entries).wait()
    ledger.close()
