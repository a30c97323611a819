"""Why an option is as it is, over HTTP: codes and texts, and what-ifs that are solved when asked."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.callers import Visit, allowed
from api.endpoints.fields import Amount, Code
from api.endpoints.quote_schemas import SentenceOut
from api.pages.checkout.why_words import WhyWords
from api.pages.checkout.words import Names
from api.pages.render import language_of
from api.planning import Planner, QuoteTask, planning_threads
from api.problems import SHARED, problems
from core.calendars import zone_ending_last
from core.ids import QuoteId
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.quote import Alternative, Explanation, Sentence

router = APIRouter(prefix="/v1/quotes", tags=["checkout"])

Reader = Literal["shopper", "seller", "agent"]


class ReasonOut(SentenceOut):
    """One reason with its text in the reader's language."""

    text: str


class AlternativeOut(BaseModel):
    """What the option would be under a change; solved again when asked."""

    code: str = Field(
        description="ordered_earlier, before_cut_off, from_place, without_place, fewer_parcels, "
        "without_rule."
    )
    parameters: dict[str, str]
    text: str
    date: dt.date | None = Field(None, description="Absent: there would be no way.")
    days: int = Field(description="Later than the option; negative: earlier.")
    parcels: int = Field(description="More than the option; negative: fewer.")
    charge: Amount | None = Field(None, description="More than the option; negative: less.")
    cost: Amount | None = Field(None, description="Likewise; told to agents only.")


class WhyOut(BaseModel):
    """Everything there is to say about one option."""

    option: str
    language: str
    zone: str = Field(description="In which the texts say times.")
    why: list[ReasonOut]
    alternatives: list[AlternativeOut]


@router.get(
    "/{quote_id}/options/{option}/why",
    operation_id="explain_option",
    responses=problems(*SHARED, "not_found", "conflict"),
)
async def explain(
    quote_id: UUID,
    option: Code,
    request: Request,
    reader: Annotated[Reader, Query(description="Shoppers and sellers are not told costs.")] = (
        "shopper"
    ),
    seller: Annotated[Code | None, Query(description="For a seller: only what is theirs.")] = None,
    visit: Visit = allowed("quotes"),
) -> WhyOut:
    """Why an option is as it is, and what it would be under a change, as codes and as texts.

    What-ifs are solved when asked. Texts are in `?lang=`, else in the language of
    `Accept-Language`: en, fr, id, ro, it, pt-BR, es or de.
    """
    planner: Planner = request.app.state.planner
    task = QuoteTask(visit.caller.tenant, QuoteId(quote_id), option)
    told = await planning_threads(request).run(planner.why, task)
    return await run_in_threadpool(_why_out, visit, request, told, task, reader, seller)


def _why_out(
    visit: Visit,
    request: Request,
    told: Explanation,
    task: QuoteTask,
    reader: Reader,
    seller: str | None,
) -> WhyOut:
    with visit.reading() as session:
        quote = read_quote(session, task.quote)
        network = load_snapshot(session, quote.network).network
    option = next(each for each in quote.options if each.code == told.option)
    language = language_of(request).replace("_", "-")
    words = WhyWords.of(
        language, Names(network), zone_ending_last(quote.zones, quote.at.date()), option
    )
    own = {place.code for place in network.locations if place.seller == seller}
    return WhyOut(
        option=told.option,
        language=language,
        zone=zone_ending_last(quote.zones, quote.at.date()),
        why=[
            _reason(sentence, words, reader)
            for sentence in told.why
            if reader != "seller" or seller is None or _concerns(sentence, own)
        ],
        alternatives=[
            _alternative(alternative, words, reader)
            for alternative in told.alternatives
            if reader != "seller" or seller is None or _concerns(alternative.question, own)
        ],
    )


def _concerns(sentence: Sentence, places: set[str]) -> bool:
    """Whether a sentence speaks of one of these places."""
    return any(name == "location" and value in places for name, value in sentence.parameters)


def _reason(sentence: Sentence, words: WhyWords, reader: Reader) -> ReasonOut:
    parameters = dict(sentence.parameters)
    if reader != "agent":
        parameters.pop("cost_minor", None)
    return ReasonOut(
        code=sentence.code,
        parameters=parameters,
        constraints=list(sentence.constraints),
        text=words.why(sentence),
    )


def _alternative(alternative: Alternative, words: WhyWords, reader: Reader) -> AlternativeOut:
    cost = alternative.cost if reader == "agent" else None
    return AlternativeOut(
        code=alternative.question.code,
        parameters=dict(alternative.question.parameters),
        text=words.what_if(alternative),
        date=alternative.date,
        days=alternative.days,
        parcels=alternative.parcels,
        charge=None if alternative.charge is None else Amount.of(alternative.charge),
        cost=None if cost is None else Amount.of(cost),
    )
