"""When something is due that is not done in every frame."""


class Beat:
    """Due at a new shot, and when `every_us` microseconds have passed since it last was."""

    def __init__(self, every_us: int) -> None:
        self.every_us = every_us  # may change
        self._last_us: int | None = None

    def is_due(self, time_us: int, is_new_shot: bool) -> bool:
        """Whether it is due in the frame of this time; if so, the next time counts from here."""
        # Times that jump back begin another walk.
        if is_new_shot or self._last_us is None or not 0 <= time_us - self._last_us < self.every_us:
            self._last_us = time_us
            return True
        return False
