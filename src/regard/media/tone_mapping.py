"""HDR code values to ordinary ones, well enough to find faces in; never for pictures that people are shown as true."""

import numpy as np
from numpy.typing import NDArray

from regard.media.video_info import HLG, PQ

_WHITE_NITS = 203.0  # of paper in HDR, ITU-R BT.2408
_PAPER = {PQ: 0.58, HLG: 0.75}  # its signal, ITU-R BT.2408 table 1
_STEPS = 1024


def tone_curve(transfer: int) -> NDArray[np.uint8]:
    """(1024,) sRGB values for signal 0..1 of PQ or HLG, each colour by itself.

    Highlights are rolled off by Reinhard's curve with a white of four times that of paper, which comes out at 0.9.
    Raises ValueError for another transfer. Source: https://doi.org/10.1145/566570.566575
    """
    signal = np.linspace(0.0, 1.0, _STEPS)
    if transfer == PQ:
        light = _pq(signal) / _WHITE_NITS
    elif transfer == HLG:
        light = _hlg(signal)
    else:
        raise ValueError(f"Transfer {transfer} is not one of HDR")
    white = 4.0
    light = light * (1 + light / white**2) / (1 + light)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    paper = encoded[np.searchsorted(signal, _PAPER[transfer])]
    curve: NDArray[np.uint8] = (np.clip(encoded / paper * 0.9, 0, 1) * 255).astype(np.uint8)
    return curve


def _pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nits, ITU-R BT.2100 table 4."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = signal ** (1 / m2)
    nits: NDArray[np.float64] = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return nits


def _hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light where paper is 1, ITU-R BT.2100 table 5."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return np.asarray(light / 0.265)  # 0.265 is the light of signal 0.75
