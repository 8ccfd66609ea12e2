"""What `regard redact` does with each file, and what it says of it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regard.cli.redact_files import Pair, Wanted
from regard.cli.redact_rooms import Fault, RedactedVideo, Rooms, Stopped
from regard.cli.redact_run import Run, StoppedLate
from regard.cli.redact_settings import Wishes
from regard.redaction.plan import Plan
from regard.redaction.report import report_paths
from regard.redaction.report_words import kind_words, plural


def cover_all(rooms: Rooms, run: Run, work: Wanted, wishes: Wishes, check: bool | None) -> int:
    """How many files could not be done. check: None for no report."""
    failed = 0
    for pair in work.pairs:
        try:
            pair.target.parent.mkdir(parents=True, exist_ok=True)
            _cover_one(rooms, run, pair, wishes, check)
        except Fault as error:
            if work.folder is None or run.is_stopped:
                raise
            failed += 1
            run.complain(f"{printable(pair.source)}: {error}")
        else:
            work.finished(pair)
    work.end()
    if work.folder is not None:
        others = f"; {work.others:,} other files were left alone" if work.others else ""
        run.say(f"{len(work.pairs) - failed:,} of {len(work.pairs):,} files covered{others}")
    return failed


def _cover_one(rooms: Rooms, run: Run, pair: Pair, wishes: Wishes, check: bool | None) -> None:
    size = rooms.size_of(pair.source, is_video=pair.is_video) if wishes.needs_size else None
    settings = wishes.settings(size)
    if not pair.is_video:
        count = rooms.redact_picture(pair.source, pair.target, settings)
        run.say(f"{printable(pair.target)}: {count:,} covered")
        run.tell("done", output=printable(pair.target), covered=count)
        return
    with run.watching(printable(pair.source.name)) as watch:
        done = rooms.redact_video(pair.source, pair.target, settings, watch)
    tell_video(rooms, run, done, check)


def tell_video(rooms: Rooms, run: Run, done: RedactedVideo, check: bool | None) -> None:
    """Writes the report unless `check` is None, and says what was done."""
    told: dict[str, Any] = {"output": printable(done.target), "tracks": numbers(done.plan)}
    run.say(f"{printable(done.target)}: {counted(done.plan)}")
    for left in done.left_out:
        run.say(f"  left out: {left}")
    for path in report_paths(done.target):
        path.unlink(missing_ok=True)  # of an output that was replaced
    if check is not None:
        try:
            with run.watching(printable(done.target.name)) as watch:
                report = rooms.write_report(done, is_all=check, watch=watch)
        except Stopped as error:
            raise StoppedLate(f"stopped; {printable(done.target)} is whole, and has no report") from error
        page = report_paths(done.target)[1]
        found = len(report.check.found) if report.check is not None else None
        doubts = len(report.uncertain)
        again = "" if found is None else f", {found:,} still found in the output"
        run.say(f"  to review: {moments(doubts)}{again}; see {printable(page)}")
        told |= {"report": printable(report_paths(done.target)[0]), "uncertain": doubts, "still_found": found}
    run.tell("done", **told, left_out=list(done.left_out))


def numbers(plan: Plan) -> dict[str, int]:
    """Of tracks, by kind; the pieces of one are one."""
    found = {(track.kind, track.track) for track in plan.tracks}
    kinds: Sequence[str] = sorted({kind for kind, _ in found})
    return {kind: sum(one == kind for one, _ in found) for kind in kinds}


def counted(plan: Plan) -> str:
    """As "2 faces, 1 number plate"."""
    by_kind = numbers(plan)
    return ", ".join(kind_words(kind, count) for kind, count in by_kind.items()) or "nothing found"


def moments(count: int) -> str:
    """As "3 uncertain moments"."""
    return f"{count:,} uncertain {plural('moment', count)}"


def printable(path: Path | str) -> str:
    """The path as text; bytes in a name that are no UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")
