import numpy as np
import pytest

from regard.media.tone_mapping import tone_curve

PQ, HLG = 16, 18


@pytest.mark.parametrize(("transfer", "paper"), [pytest.param(PQ, 0.58, id="pq"), pytest.param(HLG, 0.75, id="hlg")])
def test_paper_white_comes_out_at_nine_tenths(transfer: int, paper: float) -> None:
    assert tone_curve(transfer)[round(paper * 1023)] == pytest.approx(0.9 * 255, abs=2)


@pytest.mark.parametrize("transfer", [pytest.param(PQ, id="pq"), pytest.param(HLG, id="hlg")])
def test_brighter_never_becomes_darker(transfer: int) -> None:
    curve = tone_curve(transfer).astype(int)

    assert (np.diff(curve) >= 0).all()
    assert (curve[0], curve[-1]) == (0, 255)


def test_skin_in_pq_keeps_a_middle_grey() -> None:
    """Skin of 18 % to 36 % of paper is 36 to 73 nits: PQ signals of 0.41 to 0.48."""
    curve = tone_curve(PQ)

    assert 100 < curve[round(0.41 * 1023)] < curve[round(0.48 * 1023)] < 190


def test_ordinary_video_has_no_tone_curve() -> None:
    with pytest.raises(ValueError, match="Transfer 1 is not one of HDR"):
        tone_curve(1)
