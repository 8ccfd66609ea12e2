"""The report's page: it says what there is to do, holds its pictures, and neither runs nor fetches anything."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from regard.redaction.plan import Plan
from regard.redaction.report import Check, Report, Sighting, report_of, uncertain_spans
from regard.redaction.report_page import report_page
from regard.redaction.report_pictures import Thumbnail
from regard.redaction.report_review import MOST_PICTURES, Review
from regard.redaction.report_words import moment, risk_of
from regard.redaction.settings import Mark, RedactionSettings, Region
from tests.redaction.plans import SECOND, doubt, plan, track

PICTURE = Thumbnail(SECOND, b"\xff\xd8a picture", 320, 180)
SIGHTING = Sighting(SECOND, 2 * SECOND, 7, 88.5, "face", (1.0, 2.0, 3.0, 4.0), SECOND)
CLEAN = Check("all", 101, 0, 960, 50.0, 3, 0, ())


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("src", "href", "srcset", "style")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"a video")
    return path


def page(made: Plan, output: Path, check: Check | None = None, review: Review | None = None) -> Page:
    return Page(report_page(report_of(made, output, check), review or Review()))


DOUBTFUL = plan(
    track(1, 0, 1, uncertain=(doubt(0.5, 1, "lost while moving fast"),)),
    track(2, 0, 9, "plate", visible=((0, SECOND),)),
    cuts=(3 * SECOND,),
    damaged=((5 * SECOND, 6 * SECOND),),
    notes=("The file ends early.",),
    networks={"yunet": "cd" * 32},
)


def test_it_runs_nothing_and_fetches_nothing(output: Path) -> None:
    made = page(DOUBTFUL, output, CLEAN, Review({0: PICTURE}, {}, {(0, "first"): PICTURE}))
    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(made.tags)
    assert len(made.links) == 2
    assert all(link.startswith("data:image/jpeg;base64,/9hh") for link in made.links)
    html = report_page(report_of(DOUBTFUL, output), Review())
    assert "default-src 'none'" in html
    assert re.findall(r"https?:|url\(|@import", html) == []


def test_names_and_reasons_are_text_and_not_markup(output: Path) -> None:
    evil = plan(track(1, 0, 1, uncertain=(doubt(0, 1, "<script>alert(1)</script>"),)), notes=("<b>bold</b>",))
    made = page(replace(evil, input=replace(evil.input, name="<img src=x>.mp4"), networks={"<i>": "<u>"}), output)
    assert {"script", "img", "i", "u"}.isdisjoint(made.tags)
    assert "<script>alert(1)</script>" in made.text


def test_it_says_everything_that_the_report_says(output: Path) -> None:
    made = page(DOUBTFUL, output, CLEAN)
    report = report_of(DOUBTFUL, output, CLEAN)
    for said in (
        "What was covered in street.mp4",
        "1 moment to review",
        "1 damaged part could not be decoded soundly and was covered whole",
        "looked again at 101 frames (all ones) and found nothing uncovered",
        "The file ends early.",
        "Face, track 1: lost while moving fast",
        "It was moving fast when it was lost",
        "0:00.50 to 0:01.00",
        "track 2 0:00.00 to 0:01.00 0:00.00 to 0:09.00",
        "0:03.00",
        "0:05.00 to 0:06.00",
        "Number plates 1",
        "ab" * 32,
        "cd" * 32,
        report.output.sha256,
        report.plan_sha256,
        "regard redact verify out.mp4",
    ):
        assert said in made.text


def test_the_hash_on_the_page_is_that_of_the_report(output: Path) -> None:
    report = report_of(DOUBTFUL, output, CLEAN)
    assert report.sha256 in report_page(Report.from_bytes(report.to_bytes()), Review())


def test_what_was_still_found_is_said_first(output: Path) -> None:
    found = replace(CLEAN, found=(SIGHTING, SIGHTING), skipped=30, kept_visible=4)
    made = page(DOUBTFUL, output, found, Review({}, {0: PICTURE}))
    assert "2 sightings still found in the output. Look at each. 1 moment to review" in made.text
    assert "Face, 88% sure, in 7 frames" in made.text
    assert "30 were passed over; --check looks at all" in made.text


def test_more_moments_than_pictures_are_told(output: Path) -> None:
    many = plan(*(track(at, at, at + 1, uncertain=(doubt(at, at + 1),)) for at in range(100)))
    made = page(many, output)
    assert made.text.count("no picture") == MOST_PICTURES
    assert "60 of 100 moments; all of them are in the report's JSON" in made.text


def test_a_video_without_anything_has_a_page_too(output: Path) -> None:
    made = page(plan(), output)
    assert "No moment was told to be uncertain. The output was not looked at again." in made.text
    assert "Faces none found" in made.text


def test_settings_are_told_as_a_person_says_them(output: Path) -> None:
    settings = RedactionSettings(
        what=("faces",), way="fill", fill="#ff0000", stride=3, mute=((0, SECOND),), metadata="keep",
        regions=(Region((0, 0, 0.5, 1), SECOND),), marks=(Mark(SECOND, 0.25, 0.5),),
    )  # fmt: skip
    made = page(plan(settings=settings), output)
    for said in (
        "filled with #ff0000",
        "one of 3; between them it is followed",
        "kept, silent at 0:00.00 to 0:01.00",
        "0.0%, 0.0% to 50.0%, 100.0%; 0:01.00 to the end",
        "what was at 25.0%, 50.0% at 0:01.00",
    ):
        assert said in made.text


@pytest.mark.parametrize(
    ("time_us", "said"),
    [(0, "0:00.00"), (59_999_000, "1:00.00"), (61_230_000, "1:01.23"), (3_723_500_000, "1:02:03.50")],
)
def test_moments_are_told_to_the_hundredth(time_us: int, said: str) -> None:
    assert moment(time_us) == said


def test_the_riskiest_doubts_come_first() -> None:
    lost, held = "lost while moving fast", "seen only once"
    assert risk_of(lost, SECOND, 0.01) > risk_of("something else", SECOND, 0.01) > risk_of(held, SECOND, 0.01)
    assert risk_of(held, 5 * SECOND, 0.01) > risk_of(lost, SECOND, 0.01)
    assert risk_of(lost, SECOND, 0.04) > risk_of(lost, SECOND, 0.01)
    doubts = plan(track(1, 0, 9, uncertain=(doubt(0, 1, held), doubt(2, 3, lost), doubt(4, 9, lost))))
    assert [span.begin_us // SECOND for span in uncertain_spans(doubts)] == [4, 2, 0]
