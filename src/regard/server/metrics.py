"""What the server counts, in Prometheus' text form. No label ever holds a client's text."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from regard.models.engine import Network

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(
        self,
        networks: Callable[[], Mapping[str, Network]],
        waiting: Callable[[], int],
        acts: Callable[[], Mapping[str, int]],
        alarms: Callable[[], Mapping[str, int]],
        notices: Callable[[], Mapping[str, int]],
    ) -> None:
        """`networks`: those loaded by now, by name. `waiting`: requests running and queued. `acts`: entries of the log
        by act. `alarms`: raised by this process, by pattern. `notices`: of the ends of jobs, by state, whichever
        process sends them."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter("regard_requests", "Requests answered.", ("operation", "code"), registry=self.registry)
        self.seconds = Histogram(
            "regard_request_seconds", "From a request's last byte to its answer.", ("operation",), buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.refusals = Counter(
            "regard_refusals", "Calls refused by the line in /refusals.", ("operation",), registry=self.registry
        )
        Gauge("regard_work", "Requests running and queued.", registry=self.registry).set_function(waiting)
        self.registry.register(_NetworkTimes(networks))
        self.registry.register(_Counts("regard_acts", "Entries of the log, since its beginning.", "act", acts))
        self.registry.register(_Counts("regard_alarms", "Patterns of abuse that were noticed.", "pattern", alarms))
        self.registry.register(
            _Counts("regard_notices", "Notices of jobs' ends that are kept.", "state", notices, GaugeMetricFamily)
        )

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)


class _Counts(Collector):
    """Numbers that somebody else counts."""

    def __init__(
        self,
        name: str,
        sentence: str,
        label: str,
        counts: Callable[[], Mapping[str, int]],
        family: type[CounterMetricFamily] | type[GaugeMetricFamily] = CounterMetricFamily,
    ) -> None:
        self._family = family
        self._name = name
        self._sentence = sentence
        self._label = label
        self._counts = counts

    def describe(self) -> Iterator[Metric]:
        """Without it, registering would read the log."""
        yield self._family(self._name, self._sentence, labels=[self._label])

    def collect(self) -> Iterator[Metric]:
        family = self._family(self._name, self._sentence, labels=[self._label])
        for value, count in self._counts().items():
            family.add_metric([value], count)
        yield family


class _NetworkTimes(Collector):
    def __init__(self, networks: Callable[[], Mapping[str, Network]]) -> None:
        self._networks = networks

    def collect(self) -> Iterator[Metric]:
        seconds = CounterMetricFamily("regard_network_seconds", "Time inside a network.", labels=["network"])
        runs = CounterMetricFamily("regard_network_runs", "Runs of a network.", labels=["network"])
        for name, network in self._networks().items():
            seconds.add_metric([name], network.seconds)
            runs.add_metric([name], network.runs)
        yield seconds
        yield runs
