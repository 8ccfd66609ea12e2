"""Lists of pictures: how they are divided and read, and what is written of them."""

import json
from pathlib import Path

import pytest

from regard.jobs.manifests import (
    BrokenLine,
    ManifestFault,
    Span,
    error_entry,
    lines_of,
    picture_of,
    result_line,
    source_of,
    spans_of,
    summary,
)
from regard.jobs.records import Media


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "input.jsonl"


def test_a_manifest_is_divided_into_parts_of_fifty_pictures(manifest: Path) -> None:
    manifest.write_bytes(b"12345678\n" * 120)
    assert spans_of(manifest) == (Span(0, 450, 1, 50), Span(450, 900, 51, 50), Span(900, 1080, 101, 20))


def test_every_line_is_in_one_part_with_its_number(manifest: Path) -> None:
    manifest.write_bytes(b"".join(b"line %d\n" % number for number in range(1, 121)))
    lines = [line for span in spans_of(manifest) for line in lines_of(manifest, span)]
    assert lines == [(number, b"line %d\n" % number) for number in range(1, 121)]


def test_the_last_line_needs_no_end(manifest: Path) -> None:
    manifest.write_bytes(b"a\nb")
    (span,) = spans_of(manifest)
    assert list(lines_of(manifest, span)) == [(1, b"a\n"), (2, b"b")]


def test_empty_lines_are_no_pictures_and_are_counted_where_lines_are_numbered(manifest: Path) -> None:
    manifest.write_bytes(b"\n  \na\n\r\nb\n\n")
    (span,) = spans_of(manifest)
    assert (span.pictures, list(lines_of(manifest, span))) == (2, [(3, b"a\n"), (5, b"b\n")])


def test_the_mark_that_some_editors_begin_a_file_with_is_not_read(manifest: Path) -> None:
    manifest.write_bytes(b'\xef\xbb\xbf{"source-ref": "s3://b/k"}\n')
    (span,) = spans_of(manifest)
    ((_, line),) = lines_of(manifest, span)
    assert source_of(line) == "s3://b/k"


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n"], ids=["no bytes", "an empty line", "blanks"])
def test_a_manifest_without_lines_is_refused(manifest: Path, content: bytes) -> None:
    manifest.write_bytes(content)
    with pytest.raises(ManifestFault, match="has no lines"):
        spans_of(manifest)


def test_ten_thousand_lines_are_the_most(manifest: Path) -> None:
    manifest.write_bytes(b"{}\n" * 10_000)
    assert sum(span.pictures for span in spans_of(manifest)) == 10_000
    manifest.write_bytes(b"{}\n" * 10_001)
    with pytest.raises(ManifestFault, match="has 10,001 lines; the limit is 10,000"):
        spans_of(manifest)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"source-ref": "s3://b/k"', r"not JSON: .* at character"),
        (b"s3://b/k", "not JSON"),
        (b'{"source-ref": "s3://b/h\xf6hle.jpg"}', r"not UTF-8: byte 25 is 0xf6"),
        (b'["s3://b/k"]', "no object"),
        (b"null", "no object"),
        (b'{"source": "s3://b/k"}', "has no 'source-ref'"),
        (b'{"source-ref": null}', "has no 'source-ref'"),
        (b'{"source-ref": 7}', "'source-ref' is no text"),
        (b'{"source-ref": NaN}', "not JSON"),
        (b'{"source-ref": "s3://b/' + b"k" * 100_000 + b'"}', "has 100,025 bytes; the limit is 100,000"),
        (b'{"a":' * 5000, "not JSON"),
    ],
    ids=[
        *("cut off", "bare", "latin-1", "list", "null", "other member", "null source", "number", "nan", "long"),
        "deep",
    ],
)
def test_what_is_wrong_with_a_line_is_told(line: bytes, told: str) -> None:
    with pytest.raises(BrokenLine, match=told):
        source_of(line)


@pytest.mark.parametrize(
    ("source", "bucket", "key"),
    [
        ("s3://photos/a.jpg", "photos", "a.jpg"),
        ("s3://photos/deep/er/a b%20c+d.jpg", "photos", "deep/er/a b%20c+d.jpg"),
        ("s3://photos//a", "photos", "/a"),
        ("s3://photos/h\u00f6hle\n", "photos", "h\u00f6hle\n"),
    ],
)
def test_a_source_names_bucket_and_key_as_they_are(source: str, bucket: str, key: str) -> None:
    assert picture_of(source) == Media(bucket, key)


@pytest.mark.parametrize(
    "source",
    ["", "photos/a.jpg", "s3://photos", "s3://photos/", "s3:///a.jpg", "https://photos/a.jpg", "S3://photos/a.jpg"],
)
def test_a_source_of_another_form_is_told(source: str) -> None:
    with pytest.raises(BrokenLine, match="not of the form s3://BUCKET/KEY") as caught:
        picture_of(source)
    assert caught.value.source == source


def test_a_key_may_have_1024_characters(manifest: Path) -> None:
    assert picture_of("s3://b/" + "k" * 1024).name == "k" * 1024
    with pytest.raises(BrokenLine, match="has 1,025 characters; the limit is 1,024"):
        picture_of("s3://b/" + "k" * 1025)


def test_a_line_of_results_is_as_amazon_documents_it() -> None:
    """https://docs.aws.amazon.com/rekognition/latest/dg/bulk-analysis-output-manifests.html"""
    line = result_line("s3://foo/bar/1.jpg", "detect-moderation-labels", {"ModerationLabels": []})
    assert line == b'{"source-ref":"s3://foo/bar/1.jpg","detect-moderation-labels":{"ModerationLabels":[]}}\n'


def test_a_summary_is_as_amazon_documents_it() -> None:
    """The same page, with its misspelling."""
    errors = [error_entry(2, None, "CODE", "Why."), error_entry(4, "s3://foo/2.jpg", "CODE", "Why.")]
    assert json.loads(summary(3, errors)) == {
        "version": "1.0",
        "statistics": {"total-json-lines": 5, "valid-json-lines": 3, "invalid-json-lines": 2},
        "errors": [
            {"line-numer": 2, "line-number": 2, "code": "CODE", "message": "Why."},
            {"line-numer": 4, "line-number": 4, "source-ref": "s3://foo/2.jpg", "code": "CODE", "message": "Why."},
        ],
    }
