"""Structured logs: one JSON object a line on standard error."""

import json
import logging
import sys


class JsonLines(logging.Formatter):
    """A record as one JSON object; what it carries as `fields` goes in as it is. No picture or secret is ever there."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        } | getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def start_logging() -> None:
    """Sends everything from warnings up, and Regard's own requests, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("regard").setLevel(logging.INFO)
    logging.captureWarnings(True)
