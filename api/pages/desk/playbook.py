"""What to do about each kind of incident: one sentence for the person at the desk."""

from tracking.incidents import IncidentKind

PLAYBOOK = {
    IncidentKind.HAND_OVER_DUE.value: "Ask the seller to hand it over before the pickup.",
    IncidentKind.HAND_OVER_MISSED.value: "Ask the seller why; arrange a later pickup or another "
    "service, and check the new date.",
    IncidentKind.PROMISE_AT_RISK.value: "The customer has been told the new date. Ask the carrier "
    "to speed it up if much depends on it.",
    IncidentKind.PROMISE_MISSED.value: "Ask the carrier; offer the customer the delivery charge "
    "back.",
    IncidentKind.NO_MOVEMENT.value: "Open a search with the carrier: no scan for days.",
    IncidentKind.LOSS_SUSPECTED.value: "File a claim; offer a new parcel or the money back.",
    IncidentKind.LOST.value: "File the claim; send again or refund, today.",
    IncidentKind.STOPPED.value: "Find out from the reason who must act, and tell them.",
    IncidentKind.ATTEMPT_FAILED.value: "Check address and phone number with the customer.",
    IncidentKind.COMING_BACK.value: "Expect it at the seller's door; send again or refund.",
    IncidentKind.UNKNOWN_CODE.value: "Look the carrier's code up and add it to its table.",
}

ALARM_PLAYBOOK = {
    "drift": "Promises there are aimed tighter already. Find out what slowed it: a depot, a strike, a "
    "service; end or delay the service if it goes on.",
    "destination": "Promises there will be tightened with every miss. Ask the carriers who serve it.",
    "lane": "New promises on it are aimed tighter. Ask its carrier; offer another service first.",
    "seller": "New promises of theirs are aimed tighter. Look at their hand-overs on the scorecard.",
}
"""What to do about groups whose promises are not kept as stated, by the kind of alarm."""
