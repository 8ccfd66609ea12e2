"""A colour as the values of a frame's planes."""

UNSPECIFIED = 2
# Shares of red and blue in lightness by FFmpeg's number of a colour space. Source: ITU-T H.273, table 4.
_SHARES = {4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
_SHARES |= {10: _SHARES[9]}
_HIGH_DEFINITION = (0.2126, 0.0722)


def plane_values(
    colour: tuple[int, int, int], bit_depth: int, planes: int, is_rgb: bool, color_space: int, is_full_range: bool
) -> list[float]:
    """One value a plane: grey; Y, U, V; or red, green, blue.

    colour: red, green and blue of 0 to 255. color_space: FFmpeg's number; what is not known is taken as BT.709.
    """
    red, green, blue = (part / 255 for part in colour)
    whole = float((1 << bit_depth) - 1)
    if is_rgb:
        return [red * whole, green * whole, blue * whole]
    of_red, of_blue = _SHARES.get(color_space, _HIGH_DEFINITION)
    lightness = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    differences = (blue - lightness) / (2 * (1 - of_blue)), (red - lightness) / (2 * (1 - of_red))
    eighth, middle = 1 << (bit_depth - 8), 1 << (bit_depth - 1)
    low, high, swing = (0.0, whole, whole) if is_full_range else (16.0 * eighth, 235.0 * eighth, 224.0 * eighth)
    values = [low + lightness * (high - low), *(min(middle + swing * one, whole) for one in differences)]
    return values[:planes]
