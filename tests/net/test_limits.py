import math

import pytest

from sennit import net
from sennit.errors import SennitError


@pytest.mark.parametrize("value", [0, -1, math.inf])
def test_a_limit_that_limits_nothing_is_refused(value):
    with pytest.raises(SennitError) as caught:
        net.Limits(connections=value)
    assert caught.value.code == "net.E006"


def test_the_idle_time_can_be_left_to_the_protocol():
    assert net.Limits(idle_s=None).idle_s is None
