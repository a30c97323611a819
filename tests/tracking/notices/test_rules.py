"""A marketplace's rules for notices: what they leave out is as preset, what is wrong is named."""

import pytest

from core.errors import InvalidInput
from tracking.notices.occasions import Occasion, QuietHours
from tracking.notices.rules import NoticeRules, read_notice_rules


def test_what_is_left_out_is_as_preset() -> None:
    assert read_notice_rules("{}") == NoticeRules()
    assert NoticeRules().quiet == QuietHours()
    found = read_notice_rules('{"quiet_to": "09:15", "not_told": ["arriving_today"]}')
    assert found.quiet == QuietHours(to_min=9 * 60 + 15)
    assert found.not_told == {Occasion.ARRIVING_TODAY}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"quiet_from": "25:00"}', "quiet_from"),
        ('{"quiet_to": "7:5"}', "quiet_to"),
        ('{"quiet_to": "now"}', "quiet_to"),
        ('{"tell_delay_from": "0.05"}', "tell_delay_from"),
        ('{"tell_delay_from": 0.5}', "tell_delay_from"),
        ('{"not_told": ["refund_promised"]}', "not_told"),
        ('{"not_told": ["weather"]}', "not_told"),
        ('{"channel": "pigeon"}', "channel"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_notice_rules(text)
    assert field in str(caught.value.faults[0].field)
