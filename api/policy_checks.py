"""What the rooms above routing read in a network's policies, checked when it is imported."""

from core.errors import Fault, InvalidInput
from returns.rules import read_rules
from routing.network.policies import Policy
from tracking.notices.rules import read_notice_rules


def check_returns(policy: Policy) -> None:
    """Raises InvalidInput for what returns could not read."""
    try:
        read_rules(policy.returns_json)
    except InvalidInput as error:
        raise _within("returns", error) from None


def check_notices(policy: Policy) -> None:
    """Raises InvalidInput for what tracking could not read."""
    try:
        read_notice_rules(policy.notices_json)
    except InvalidInput as error:
        raise _within("notices", error) from None


def _within(name: str, error: InvalidInput) -> InvalidInput:
    return InvalidInput(
        faults=[Fault(f"{name}.{fault.field}", fault.reason) for fault in error.faults]
    )


POLICY_CHECKS = (check_returns, check_notices)
