"""Kills server and worker at random moments, and counts what became of the jobs that were accepted.

    python -m bench.job_faults [--runs 100] [--seed N] [--span 3] [--work DIR]

A real `regard serve` with one job worker inside and a real `regard worker` share a data folder whose bucket has three
videos of three seconds. First every analysis used (labels, faces, text, segments) of every video is done undisturbed.
Then, in each run, once both processes are ready: within `--span` seconds a client starts three jobs through boto3, at
least two of them over the same video, each with a client token, again and again with the same token until it has an
answer; and at a random moment of these seconds SIGKILL ends the worker (7 of 10 runs), the server (2 of 10) or both (1
of 10), which are started again at once. Workers are killed more often since a server takes longer to start.

A step is given up, by the product's default rules, when its third attempt is lost as well. That is as it should be and
not what is tried here: before a kill, all jobs that were started before the previous run have ended, so that no step
meets more than two kills.

A webhook on 127.0.0.1 takes all notices and waits a little before each answer, so that kills fall between a notice's
arrival and its being noted too; such a notice comes again after a minute, which the end waits for.

In the end must hold, or the exit code is 1 and what does not hold is told: each token has one job, and there are no
other jobs; each job succeeded; it ended once and one notice was put down for it, as triggers in the database have
noted; all pages of its answer and the files of its result are, byte for byte, those of the undisturbed one; its end was
announced, as often as may be, under one id that no other job has; the database is whole, and no file of a walk is left.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.job_faults_client import BUCKET, KINDS, Client, Request
from bench.job_faults_media import make_clips
from bench.job_faults_processes import SERVER, WORKER, Heard, Processes, Webhook
from bench.job_faults_witness import Witness
from bench.tables import table

_VICTIMS = (((WORKER,), 7), ((SERVER,), 2), ((SERVER, WORKER), 1))
_WEBHOOK_PAUSE_SECONDS = 0.25
_PATIENCE_SECONDS = 300.0
_MOST_PROBLEMS_TOLD = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What a job gave."""

    answer: str
    files: Mapping[str, bytes]


class Trial:
    """A server, a worker, a client and a webhook, and what happened to them."""

    def __init__(self, folder: Path, luck: random.Random, span_seconds: float) -> None:
        """folder: made anew. Starts everything."""
        shutil.rmtree(folder, ignore_errors=True)
        bucket = folder / "data" / "buckets" / BUCKET
        bucket.mkdir(parents=True)
        self._luck, self._span_seconds = luck, span_seconds
        self._clips = make_clips(bucket)
        self.webhook = Webhook(_WEBHOOK_PAUSE_SECONDS)
        self._processes = Processes(folder, self.webhook.port)
        self.client = Client(self._processes.url)
        self.accepted: dict[Request, str] = {}  # ids of jobs, those that were not disturbed too
        self.kills: Counter[str] = Counter()

    def begin(self) -> None:
        """Starts the processes."""
        for name in (SERVER, WORKER):
            self._processes.start(name)
        self._processes.wait_until_ready()
        self.witness = Witness(self._processes.data)

    def undisturbed(self) -> dict[tuple[str, str], Result]:
        """The results of every analysis of every video."""
        every = [Request(kind, clip, f"first-{kind}-{clip[:-4]}") for clip in self._clips for kind in KINDS]
        for request in every:
            self.accepted[request] = self.client.start(request)
            self.witness.wait_for_ends([self.accepted[request]], _PATIENCE_SECONDS)
        return {(request.kind, request.clip): self.result(request) for request in every}

    def result(self, request: Request) -> Result:
        """What a job gave that has ended."""
        job_id = self.accepted[request]
        return Result(self.client.result(request.kind, job_id), self.witness.files(job_id))

    def run(self, number: int) -> None:
        """Starts jobs, kills meanwhile or soon afterwards, and starts again what was killed."""
        self._processes.wait_until_ready()
        earlier = [job_id for request, job_id in self.accepted.items() if _run_of(request) < number - 1]
        self.witness.wait_for_ends(earlier, _PATIENCE_SECONDS)
        victims = self._luck.choices([names for names, _ in _VICTIMS], [share for _, share in _VICTIMS])[0]
        requests, moment = [*self._requests(number)], self._luck.uniform(0, self._span_seconds)
        pauses = [self._luck.uniform(0, self._span_seconds / len(requests)) for _ in requests]
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(self._start_all, requests, pauses)
            time.sleep(moment)
            self._processes.kill(victims)
            for name in victims:
                self._processes.start(name)
            self.accepted |= starting.result()
        self.kills[" and ".join(victims)] += 1

    def end(self) -> bool:
        """Waits until all is done; whether nothing is left then."""
        self._processes.wait_until_ready()
        self.witness.wait_for_ends(self.accepted.values(), _PATIENCE_SECONDS)
        return self.witness.wait_for_rest(_PATIENCE_SECONDS)

    def close(self) -> None:
        """Ends all processes."""
        self._processes.close()
        self.webhook.close()

    def _requests(self, number: int) -> Iterator[Request]:
        """Two over one video, and one over any."""
        same = self._luck.choice(self._clips)
        for place, clip in enumerate((same, same, self._luck.choice(self._clips))):
            yield Request(self._luck.choice(list(KINDS)), clip, f"run-{number}-{place}")

    def _start_all(self, requests: Sequence[Request], pauses: Sequence[float]) -> dict[Request, str]:
        accepted = {}
        for request, pause_seconds in zip(requests, pauses, strict=True):
            time.sleep(pause_seconds)
            accepted[request] = self.client.start(request)
        return accepted


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    options = _parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else random.randrange(1_000_000)
    trial = Trial(options.work, random.Random(seed), options.span)
    try:
        trial.begin()
        expected = trial.undisturbed()
        began = time.monotonic()
        for number in range(options.runs):
            trial.run(number)
        seconds = time.monotonic() - began
        problems = [] if trial.end() else ["notices, steps or files of walks are left"]
        problems += _problems(trial, expected)
        print(f"Seed {seed}, {options.runs} runs in {seconds:,.0f} s\n\n{_report(trial)}")
    finally:
        trial.close()
    for problem in problems[:_MOST_PROBLEMS_TOLD]:
        print(f"WRONG: {problem}")
    return 1 if problems else 0


def _run_of(request: Request) -> int:
    """-1 for those that were not disturbed."""
    return int(request.token.split("-")[1]) if request.token.startswith("run-") else -1


def _problems(trial: Trial, expected: Mapping[tuple[str, str], Result]) -> Iterator[str]:
    """What does not hold of that which must."""
    ids = Counter(trial.accepted.values())
    yield from (f"{count} tokens have the job {job_id}" for job_id, count in ids.items() if count > 1)
    if extra := set(trial.witness.job_ids()) ^ set(ids):
        yield f"{len(extra)} jobs are not those that were accepted"
    for what in ("end", "notice"):
        seen = trial.witness.seen(what)
        yield from (f"{job_id}: {seen[job_id]} times {what}" for job_id in ids if seen[job_id] != 1)
    for request in trial.accepted:
        result, right = trial.result(request), expected[request.kind, request.clip]
        if '"JobStatus": "SUCCEEDED"' not in result.answer:
            yield f"{request} has not succeeded: {result.answer[:300]}"
        elif result != right:
            yield f"{request} has another result than undisturbed"
    if not trial.witness.is_sound():
        yield "the database is damaged"
    yield from _wrong_notices(ids, trial.webhook.heard)


def _wrong_notices(ids: Collection[str], heard: Sequence[Heard]) -> Iterator[str]:
    if missing := set(ids) - {one.job_id for one in heard}:
        yield f"{len(missing)} jobs were never announced"
    pairs = {(one.id, one.job_id, one.status) for one in heard}
    for name, place in (("notice", 0), ("job", 1)):
        often = Counter(pair[place] for pair in pairs)
        yield from (f"the {name} {one} comes in {count} forms" for one, count in often.items() if count > 1)
    yield from (f"{job_id} is announced as {status}" for _, job_id, status in pairs if status != "SUCCEEDED")


def _report(trial: Trial) -> str:
    heard, losses = trial.webhook.heard, trial.witness.seen("loss")
    kills = [[names, f"{trial.kills[names]}"] for names in (" and ".join(victims) for victims, _ in _VICTIMS)]
    stages = ", ".join(f"{count} of {stage}" for stage, count in sorted(losses.items()))
    counts = [
        ["jobs accepted", f"{len(trial.accepted):,}"],
        ["of these, started again with the same token", f"{len(trial.client.retried):,}"],
        ["steps whose worker was killed at them", f"{losses.total():,}" + (f" ({stages})" if stages else "")],
        ["notices received", f"{len(heard):,}"],
        ["of these again, with the same id", f"{len(heard) - len({one.id for one in heard}):,}"],
    ]
    return table(["killed", "times"], kills) + "\n\n" + table(["", "count"], counts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, help="of the random generator; a new one if unset, and told")
    parser.add_argument(
        "--span", type=float, default=3.0, help="seconds of each run within which jobs start and the kill comes"
    )
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "regard-job-faults", help="emptied before"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
