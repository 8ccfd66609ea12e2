import pytest

from regard.wire.constraints import problems
from regard.wire.model import Scalar


# What Float.toString of OpenJDK 17 gives.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "-0.0"),
        (-1e-3, "-0.001"),
        (-9.99e-4, "-9.99E-4"),
        (101, "101.0"),
        (100.00001, "100.00001"),
        (123456.79, "123456.79"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1e10, "1.0E10"),
        (3.4028235e38, "3.4028235E38"),
        (-1.17e-38, "-1.17E-38"),
    ],
)
def test_float_is_quoted_as_java_prints_it(value: float, text: str) -> None:
    shape = Scalar("Number", "float", 2000, -2000, None, "", (), False, float)
    assert {problem.split("'")[1] for problem in problems(shape, value, "x")} == {text}
