"""Consents in a CSV file, checked before anything is sent."""

import re
from pathlib import Path
from typing import Any

import pytest

from regard.cli.consent_rows import grant_of, read_rows
from regard.cli.remote import CommandError

# sha256sum of files with these words.
HASHES = {
    "yes": "8a798890fe93817163b10b5f7bd2ca4d25d84c52739a645a889c173eee7d9d3d",
    "agreed": "9eace41237dcecc2fd793cf88494b80062add70fac8358316003ac38866257da",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two signed notices, a copy of one, and one without words."""
    for name, text in (("one.pdf", "yes"), ("two.pdf", "agreed"), ("copy.pdf", "yes"), ("empty.pdf", "")):
        (tmp_path / name).write_text(text)
    return tmp_path


def rows(folder: Path, *lines: str, heading: str = "subject,purpose,expires,evidence") -> list[dict[str, Any]]:
    file = folder / "people.csv"
    file.write_text("\n".join((heading, *lines)) + "\n", "utf-8")
    return read_rows(file)


def problem(folder: Path, *lines: str, heading: str = "subject,purpose,expires,evidence") -> str:
    with pytest.raises(CommandError) as caught:
        rows(folder, *lines, heading=heading)
    return str(caught.value)


def test_rows_become_consents_in_their_order(folder: Path) -> None:
    found = rows(folder, "p-1,door,2999-06-30,one.pdf", "p-2,door,2999-06-30T18:00:00+02:00,two.pdf")
    assert found == [
        {
            "subject": "p-1",
            "purpose": "door",
            "expires": "2999-06-30T23:59:59+00:00",
            "evidence_sha256": HASHES["yes"],
            "guardian": None,
            "keep_crops": False,
        },
        {
            "subject": "p-2",
            "purpose": "door",
            "expires": "2999-06-30T18:00:00+02:00",
            "evidence_sha256": HASHES["agreed"],
            "guardian": None,
            "keep_crops": False,
        },
    ]


def test_guardian_and_crops_have_columns_of_their_own(folder: Path) -> None:
    heading = "keep_crops,guardian,subject,purpose,expires,evidence"
    found = rows(folder, "yes,R. Roe,p-1,door,2999-06-30,one.pdf", ",,p-2,door,2999-06-30,two.pdf", heading=heading)
    assert [(row["guardian"], row["keep_crops"]) for row in found] == [("R. Roe", True), (None, False)]


def test_file_of_a_spreadsheet_is_read(folder: Path) -> None:
    (folder / "people.csv").write_bytes(
        b'\xef\xbb\xbfsubject,purpose,expires,evidence\r\n"p-1","door, back","2999-06-30","one.pdf"\r\n\r\n,,,\r\n'
    )
    assert [row["purpose"] for row in read_rows(folder / "people.csv")] == ["door, back"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("*,door,2999-06-30,one.pdf", "subject is '*'; a consent is one person's own"),
        ("staff-*,door,2999-06-30,one.pdf", "subject is 'staff-*'; a consent is one person's own"),
        ("all,door,2999-06-30,one.pdf", "subject is 'all'; a consent is one person's own"),
        ("Everyone,door,2999-06-30,one.pdf", "subject is 'Everyone'; a consent is one person's own"),
        ("Jane Doe,door,2999-06-30,one.pdf", "subject is 'Jane Doe'; it must be 1 to 128 of the characters"),
        (",door,2999-06-30,one.pdf", "subject is ''"),
        (f"{'p' * 129},door,2999-06-30,one.pdf", "it must be 1 to 128 of the characters"),
        ("p-1,,2999-06-30,one.pdf", "the purpose of 'p-1' is empty"),
        ("p-1,door,30.6.2999,one.pdf", "expires is '30.6.2999'; it must be a date like 2027-06-30"),
        ("p-1,door,2999-02-30,one.pdf", "expires is '2999-02-30'; it must be a date"),
        ("p-1,door,2999-06-30T18:00:00,one.pdf", "expires is '2999-06-30T18:00:00'; a time needs its zone"),
        ("p-1,door,2020-06-30,one.pdf", "expires is '2020-06-30', which is past"),
        ("p-1,door,2999-06-30,three.pdf", "three.pdf' cannot be read: No such file or directory"),
        ("p-1,door,2999-06-30,.", "cannot be read: Is a directory"),
        ("p-1,door,2999-06-30,empty.pdf", "empty.pdf' is empty"),
        ("p-1,door,2999-06-30,", "'p-1' has no evidence"),
        ("p-1,door,2999-06-30", "1 cells too few"),
        ("p-1,door,2999-06-30,one.pdf,more", "1 cells too many"),
    ],
)
def test_line_and_value_that_are_wrong_are_told(folder: Path, line: str, told: str) -> None:
    assert re.search(f"people.csv line 3: .*{re.escape(told)}", problem(folder, "p-9,door,2999-06-30,two.pdf", line))


@pytest.mark.parametrize("subject", ["2024-117", "p-1", "1-1", "a.b", "all-hands:7", "20-1"])
def test_id_that_only_looks_like_many_is_one_persons(folder: Path, subject: str) -> None:
    assert rows(folder, f"{subject},door,2999-06-30,one.pdf")[0]["subject"] == subject


@pytest.mark.parametrize("evidence", ["one.pdf", "copy.pdf", "./one.pdf"])
def test_evidence_of_one_person_is_not_anothers(folder: Path, evidence: str) -> None:
    told = problem(folder, "p-1,door,2999-06-30,one.pdf", f"p-2,door,2999-06-30,{evidence}")
    assert f"line 3: evidence '{evidence}' is that of line 2 too; each person needs their own" in told


def test_person_has_one_row(folder: Path) -> None:
    told = problem(folder, "p-1,door,2999-06-30,one.pdf", "p-1,door,2999-07-30,two.pdf")
    assert "line 3: 'p-1' is on line 2 too" in told


def test_every_wrong_line_is_told(folder: Path) -> None:
    told = problem(folder, "*,door,2999-06-30,one.pdf", "p-1,door,2999-06-30,one.pdf", "p-2,door,never,two.pdf")
    assert [line.partition(":")[0].rpartition("/")[2] for line in told.splitlines()] == [
        "nothing was recorded",
        "people.csv line 2",
        "people.csv line 4",
    ]


def test_long_list_of_wrong_lines_is_cut(folder: Path) -> None:
    told = problem(folder, *["*,door,2999-06-30,one.pdf"] * 25).splitlines()
    assert (len(told), told[-1]) == (22, "and 5 more")


@pytest.mark.parametrize(
    "heading",
    [
        "subject,purpose,expires",
        "subject,purpose,expires,evidence,colour",
        "subject,subject,purpose,expires,evidence",
        "p-1,door,2999-06-30,one.pdf",
    ],
)
def test_heading_that_will_not_do_is_told(folder: Path, heading: str) -> None:
    assert f"line 1: the columns are {heading.replace(',', ', ')}" in problem(folder, heading=heading)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the columns are none"),
        (b"subject,purpose,expires,evidence\n", "holds no row"),
        (b"\xff\xfe\0", "is no CSV file in UTF-8"),
        (b'subject,purpose,expires,evidence\n"p-1,door\n', "is no CSV file in UTF-8"),
    ],
)
def test_file_that_is_no_list_is_told(folder: Path, content: bytes, told: str) -> None:
    (folder / "people.csv").write_bytes(content)
    with pytest.raises(CommandError, match=told):
        read_rows(folder / "people.csv")


def test_date_means_its_end_in_utc(folder: Path) -> None:
    assert grant_of("p-1", "door", "2999-12-31", folder / "one.pdf")["expires"] == "2999-12-31T23:59:59+00:00"


def test_guardian_without_a_name_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="guardian of 'p-1' is empty"):
        grant_of("p-1", "door", "2999-12-31", folder / "one.pdf", " ")
