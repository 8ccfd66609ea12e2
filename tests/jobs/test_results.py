import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.jobs.results import ResultMissing, ResultReader, ResultWriter
from regard.jobs.row_sorting import RowSorter
from tests.media.memory import peak_growth

Row = dict[str, Any]


def _rows(count: int) -> list[Row]:
    return [{"Timestamp": number, "Name": f"name {number % 7}"} for number in range(count)]


def _written(folder: Path, count: int) -> ResultReader:
    ResultWriter(folder).write("ALL", _rows(count))
    return ResultReader(folder)


@pytest.mark.parametrize(
    ("start", "count"),
    [(0, 1), (0, 1000), (249, 2), (250, 250), (499, 1), (700, 1000), (1002, 1), (1003, 10), (5000, 1), (0, 0)],
)
def test_page_is_a_slice_of_what_was_written(tmp_path: Path, start: int, count: int) -> None:
    assert _written(tmp_path / "job", 1003).page("ALL", start, count) == _rows(1003)[start : start + count]


@pytest.mark.parametrize("count", [0, 1, 250, 251])
def test_all_rows_come_back(tmp_path: Path, count: int) -> None:
    reader = _written(tmp_path / "job", count)

    assert (reader.count("ALL"), list(reader.rows("ALL"))) == (count, _rows(count))


def test_page_reads_no_other_blocks(tmp_path: Path) -> None:
    reader = _written(tmp_path / "job", 1000)
    rows = tmp_path / "job" / "ALL.rows"
    whole = rows.read_bytes()
    rows.write_bytes(b"\0" * 1000 + whole[1000:])  # the first blocks cannot be unpacked any more

    assert reader.page("ALL", 900, 10) == _rows(1000)[900:910]
    with pytest.raises(zlib.error):
        reader.page("ALL", 0, 10)


def test_views_of_one_result_do_not_mix(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path)
    writer.write("NAME/TIMESTAMPS", [{"a": 1}])
    writer.write("NAME/SEGMENTS", [{"a": 2}])

    assert ResultReader(tmp_path).page("NAME/TIMESTAMPS", 0, 9) == [{"a": 1}]
    assert ResultReader(tmp_path).page("NAME/SEGMENTS", 0, 9) == [{"a": 2}]


def test_view_written_again_replaces_the_first(tmp_path: Path) -> None:
    _written(tmp_path, 500)

    assert list(_written(tmp_path, 3).rows("ALL")) == _rows(3)


def test_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    _written(tmp_path / "one", 600)
    _written(tmp_path / "two", 600)

    assert (tmp_path / "one" / "ALL.rows").read_bytes() == (tmp_path / "two" / "ALL.rows").read_bytes()


def test_view_that_was_never_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultMissing, match=r"^There is no view 'NAME' in job$"):
        _written(tmp_path / "job", 3).page("NAME", 0, 1)


def _breaking_off() -> Iterator[Row]:
    yield {"a": 1}
    raise OSError("the source broke off")


def test_view_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broke off"):
        ResultWriter(tmp_path).write("ALL", _breaking_off())
    with pytest.raises(OSError, match="broke off"):
        ResultWriter(tmp_path).write_sorted("ALL", _breaking_off(), lambda row: row["a"])

    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(keys=st.lists(st.integers(0, 9), max_size=400), run_bytes=st.integers(20, 2000))
def test_sorting_on_the_disk_is_as_sorting_in_memory(tmp_path: Path, keys: list[int], run_bytes: int) -> None:
    rows = [{"key": key, "place": place} for place, key in enumerate(keys)]

    with RowSorter(tmp_path, lambda row: row["key"], run_bytes) as sorter:
        any(map(sorter.add, rows))
        lines = list(sorter.lines())

    assert lines == [b'{"key":%d,"place":%d}' % (row["key"], row["place"]) for row in sorted(rows, key=_key)]
    assert list(tmp_path.iterdir()) == []


def _key(row: Row) -> int:
    return int(row["key"])


def test_sorted_view_is_stable_and_takes_compound_keys(tmp_path: Path) -> None:
    ResultWriter(tmp_path).write_sorted("NAME", _rows(1000), lambda row: (row["Name"], -row["Timestamp"]))

    found = list(ResultReader(tmp_path).rows("NAME"))

    assert len(found) == 1000
    assert all(
        one["Name"] < other["Name"] or (one["Name"] == other["Name"] and one["Timestamp"] > other["Timestamp"])
        for one, other in pairwise(found)
    )


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path)
    rows = ({"Timestamp": -number, "Text": f"{number:0400}"} for number in range(200_000))  # 80 MB

    growth = peak_growth(lambda: writer.write_sorted("ALL", rows, lambda row: row["Timestamp"]))

    assert growth < 64 << 20  # much is constant
