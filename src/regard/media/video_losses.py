"""Which frames of a damaged video cannot be trusted."""

import heapq


class Losses:
    """Follows packets into a decoder and frames out of it.

    A frame is damaged when the decoder says so, and when a packet before it failed or never came out; and so is every
    frame behind, until the next whole key frame.
    """

    def __init__(self, is_counting: bool) -> None:
        """is_counting: whether each packet should come out as a frame."""
        self._is_counting = is_counting
        self._waiting: list[int] = []  # stamps that went in and did not come out yet
        self._is_damaged = False
        self._has_shown = False

    def sent(self, stamp: int | None) -> None:
        """A packet goes into the decoder."""
        if self._is_counting and stamp is not None:
            heapq.heappush(self._waiting, stamp)

    def failed(self) -> None:
        """The decoder refused a packet."""
        self._is_damaged = True

    def shown(self, stamp: int | None, is_key: bool, is_corrupt: bool) -> bool:
        """Whether the frame that came out is damaged."""
        is_lost = self._has_skipped(stamp)
        if is_key and not is_corrupt:
            self._is_damaged = False
        elif is_corrupt or is_lost:
            self._is_damaged = True
        self._has_shown = True
        return self._is_damaged

    def _has_skipped(self, stamp: int | None) -> bool:
        skipped = 0
        while stamp is not None and self._waiting and self._waiting[0] <= stamp:
            skipped += heapq.heappop(self._waiting) < stamp
        return skipped > 0 and self._has_shown  # what lies before the first frame leans on nothing that is there
