"""What is wrong with a video, said to the person who brought it."""


class VideoError(Exception):
    """A video that cannot be read or written, or is over a limit; the message names it, the value and the limit."""
