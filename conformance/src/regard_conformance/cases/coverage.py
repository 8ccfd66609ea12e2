"""Every operation of the model once, with a valid request about things that do not exist.

It shows which operations an endpoint offers (PASS: an answer of the right shape, or an error the model lists for the
operation) and which it does not (NA: it says so with an error that no SDK retries).
"""

from regard_conformance.case import AnsweredOrModelled, Case
from regard_conformance.cases.minimal import REQUESTS, minimal

# These would leave something behind; `resources.py` asks for them and cleans up.
MAKERS = frozenset({"CreateCollection", "CreateStreamProcessor"})

CASES = [
    Case(operation, "a valid request", minimal(operation), AnsweredOrModelled(), "coverage")
    for operation in REQUESTS
    if operation not in MAKERS
]
