"""An answer as JSON values, under the names of the case format."""

from typing import Any

from routing.checkout.problem import Answer, Plan, Reason


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """`{"cost", "date", "parcels_n", "co2_g", "parcels"}`."""
    return {
        "cost": plan.cost,
        "date": plan.date,
        "parcels_n": plan.parcels_n,
        "co2_g": plan.co2_g,
        "parcels": [
            {
                "node": parcel.node,
                "service": parcel.service,
                "box": parcel.box,
                "contents": [
                    {"line": line, "location": location, "qty": qty}
                    for line, location, qty in parcel.contents
                ],
            }
            for parcel in plan.parcels
        ],
    }


def answer_as_json(name: str, answer: Answer) -> dict[str, Any]:
    """`{"id", "frontier", "exact", "bound", "reasons"?}`."""
    result: dict[str, Any] = {
        "id": name,
        "frontier": [plan_as_json(plan) for plan in answer.plans],
        "exact": answer.exact,
        "bound": answer.bound,
    }
    if answer.reasons:
        result["reasons"] = [reason_as_json(reason) for reason in answer.reasons]
    return result


def reason_as_json(reason: Reason) -> dict[str, Any]:
    """`{"code", "line", …details}`; `line` null when it concerns the whole cart."""
    return {"code": reason.code.value, "line": reason.line, **dict(reason.details)}
