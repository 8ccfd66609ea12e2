from regard.media.video_losses import Losses


def _sent(*stamps: int) -> Losses:
    losses = Losses(is_counting=True)
    for stamp in stamps:
        losses.sent(stamp)
    return losses


def test_whole_frames_are_not_damaged() -> None:
    losses = _sent(0, 80, 40)

    assert [losses.shown(stamp, stamp == 0, False) for stamp in (0, 40, 80)] == [False, False, False]


def test_frames_behind_a_corrupt_one_are_damaged_until_the_next_key_frame() -> None:
    losses = _sent(0, 40, 80, 120, 160)
    shown = [(0, True, False), (40, False, True), (80, False, False), (120, True, False), (160, False, False)]

    assert [losses.shown(*frame) for frame in shown] == [False, True, True, False, False]


def test_corrupt_key_frame_is_damaged() -> None:
    assert _sent(0).shown(0, True, True)


def test_frames_behind_one_that_never_came_out_are_damaged() -> None:
    losses = _sent(0, 40, 80, 120)

    assert [losses.shown(0, True, False), losses.shown(80, False, False), losses.shown(120, False, False)] == [
        False,
        True,
        True,
    ]


def test_frames_behind_a_packet_that_failed_are_damaged() -> None:
    losses = Losses(is_counting=False)
    losses.shown(0, True, False)
    losses.failed()

    assert losses.shown(40, False, False)


def test_what_never_came_out_before_the_first_frame_does_no_harm() -> None:
    assert not _sent(0, 40, 80).shown(80, False, False)
