"""Settings of a redaction: what is refused, and how they travel."""

from typing import Any

import orjson
import pytest

from regard.redaction.settings import Mark, RedactionSettings, Region, SettingsFault

REGION = {"box": [0, 0, 0.5, 0.5], "begin_us": 0, "end_us": None}


def test_settings_travel_as_json() -> None:
    settings = RedactionSettings(
        what=("faces", "text"),
        way="fill",
        shape="box",
        fill="#00ff7F",
        mute=((1, 2), (5, 9)),
        regions=(Region((0, 0, 0.5, 1), 5, None),),
        marks=(Mark(7, 0.5, 1.0),),
    )
    assert RedactionSettings.from_json(orjson.loads(orjson.dumps(settings.to_json()))) == settings


def test_missing_members_have_their_defaults() -> None:
    assert RedactionSettings.from_json({}) == RedactionSettings()


def test_what_is_looked_for_is_a_kind() -> None:
    assert RedactionSettings(what=("faces", "people")).kinds == frozenset({"face", "person"})


def test_regions_alone_are_enough() -> None:
    assert RedactionSettings(what=(), regions=(Region((0, 0, 1, 1)),)).kinds == frozenset()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"what": []}, "Nothing is to be covered"),
        ({"what": ["dogs"]}, "'dogs'; it is one of faces"),
        ({"what": "faces"}, "what"),
        ({"what": [["faces"]]}, "what"),
        ({"what": None}, "what|cannot be read"),
        ({"way": "smudge"}, "'way' is 'smudge'"),
        ({"way": ["blur"]}, "way"),
        ({"shape": 7}, "'shape'"),
        ({"sound": True}, "'sound'"),
        ({"metadata": "some"}, "'metadata'"),
        ({"fill": "red"}, "#RRGGBB"),
        ({"fill": 7}, "fill"),
        ({"margin": -0.1}, "'margin' is -0.1; it is between 0 and 2"),
        ({"margin": "a"}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"confidence": 0}, "'confidence'"),
        ({"stride": 11}, "'stride'"),
        ({"stride": 1.5}, "'stride'"),
        ({"mute": [[5, 5]]}, "mute"),
        ({"mute": [[1]]}, "cannot be read"),
        ({"mute": [["a", "b"]]}, "mute|cannot be read"),
        ({"mute": [[0.5, 1.5]]}, "mute"),
        ({"regions": [{**REGION, "box": [0.5, 0, 0.5, 1]}]}, "is empty"),
        ({"regions": [{**REGION, "box": [0, 0, 1.5, 1]}]}, "right of a region"),
        ({"regions": [{**REGION, "box": [0, 0, 1]}]}, "cannot be read"),
        ({"regions": [{"begin_us": 0}]}, "cannot be read|box"),
        ({"regions": [7]}, "cannot be read"),
        ({"regions": [{**REGION, "end_us": 0}]}, "a region"),
        ({"regions": [{**REGION, "begin_us": -5}]}, "a region"),
        ({"regions": [{**REGION, "begin_us": "a"}]}, "region"),
        ({"marks": [{"time_us": -1, "x": 0, "y": 0}]}, "time_us of a mark"),
        ({"marks": [{"time_us": 0, "x": 1.1, "y": 0}]}, "x of a mark"),
        ({"marks": [{"time_us": 0, "x": 1}]}, "cannot be read"),
        ({"marks": [3]}, "cannot be read"),
        ({"speed": 1}, "no setting 'speed'"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_told(members: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsFault, match=said):
        RedactionSettings.from_json(members)


@pytest.mark.parametrize("members", [[], "faces", None, 7], ids=str)
def test_settings_that_are_no_object_are_told(members: Any) -> None:
    with pytest.raises(SettingsFault, match="settings"):
        RedactionSettings.from_json(members)
