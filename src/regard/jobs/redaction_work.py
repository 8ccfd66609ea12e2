"""What a redaction job does: the video, then its leak report."""

from collections.abc import Callable
from pathlib import Path

from regard.media.video_limits import VideoLimits
from regard.redaction import report_writing
from regard.redaction.report_writing import ReportOptions, write_report
from regard.redaction.settings import RedactionSettings
from regard.redaction.work import Cancelled, Redacted, VideoFinder, Watch, redact_video


class RedactionWork:
    """As `jobs.redactions.VideoWork`."""

    def __init__(self, finder_for: Callable[[RedactionSettings], VideoFinder], limits: VideoLimits) -> None:
        self._finder_for, self._limits = finder_for, limits

    def redact(self, source: Path, target: Path, settings: RedactionSettings, watch: Watch) -> Redacted:
        """As `VideoWork`."""
        return redact_video(source, target, settings, self._finder_for(settings), watch, self._limits)

    def report(self, done: Redacted, watch: Watch) -> int:
        """As `VideoWork`."""
        options = ReportOptions(is_cancelled=watch.is_cancelled)
        try:
            report = write_report(done, self._finder_for(done.plan.settings), options)
        except report_writing.Stopped as error:
            raise Cancelled from error
        return len(report.uncertain)
