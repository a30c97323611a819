"""The HTTP app: doors for machines under `/v1`, pages for people, and what keeps both honest."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from api import openapi
from api.admission import Gate
from api.callers import CallerBook
from api.endpoints import (
    api_keys,
    audit,
    batches,
    calibration,
    carrier_webhooks,
    carriers,
    estimates,
    explanations,
    health,
    jobs,
    journeys,
    manifests,
    networks,
    offers,
    orders,
    parcels,
    pickups,
    quotes,
    shipments,
    stock,
    tour_changes,
    tours,
)
from api.endpoints import returns as return_doors
from api.metrics import Metrics
from api.pages.checkout import pages as checkout
from api.pages.customer import returns, track
from api.pages.desk import carriers as desk_carriers
from api.pages.desk import pages as desk
from api.pages.dispatch import pages as dispatch
from api.pages.driver import pages as driver
from api.pages.failures import answer_with_pages
from api.pages.public import calibration as calibration_page
from api.pages.public import docs, sign_in, start
from api.pages.render import STATIC
from api.pages.warehouse import pages as warehouse
from api.planning import Planner, PlanningThreads
from api.problems import answer_with_problems
from api.quote_keeper import QuoteKeeper
from api.settings import VERSION
from api.wiring import Lanewise
from core.executor import PlanExecutor

ENDPOINTS: tuple[APIRouter, ...] = (
    quotes.router,
    explanations.router,
    estimates.router,
    orders.router,
    shipments.router,
    parcels.router,
    batches.router,
    manifests.router,
    pickups.router,
    networks.router,
    stock.router,
    offers.router,
    journeys.router,
    api_keys.router,
    jobs.router,
    audit.router,
    calibration.router,
    carrier_webhooks.router,
    carriers.router,
    return_doors.router,
    tours.router,
    tour_changes.router,
)
PAGES: tuple[APIRouter, ...] = (
    start.router,
    sign_in.router,
    docs.router,
    calibration_page.router,
    checkout.router,
    warehouse.router,
    track.router,
    returns.router,
    desk.router,
    desk_carriers.router,
    dispatch.router,
    driver.router,
)

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def create_app(
    lanewise: Lanewise,
    *,
    worker: Any = None,
    executor: PlanExecutor | None = None,
    standby: PlanExecutor | None = None,
) -> FastAPI:
    """The app over one Lanewise. `worker` (if given) is woken after each change.

    Carts are planned in `executor`, or in this process without one; `standby` answers degraded.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.lanewise.sessions.engine.dispose()

    app = FastAPI(
        title="Lanewise",
        version=VERSION,
        description=openapi.DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        openapi_tags=openapi.TAGS,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    metrics = Metrics()
    metrics.watch_queues(lanewise)
    app.state.lanewise = lanewise
    app.state.callers = CallerBook(lanewise)
    app.state.metrics = metrics
    app.state.worker = worker
    app.state.planner = Planner(lanewise, executor, standby)
    app.state.planning_threads = PlanningThreads(lanewise.settings.plan_queue)
    app.state.quote_keeper = QuoteKeeper(lanewise.sessions)
    metrics.watch_planner(app.state.planner)
    answer_with_problems(app)
    answer_with_pages(app)
    app.include_router(health.router)
    for router in ENDPOINTS:
        app.include_router(router)
    for router in PAGES:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    openapi.describe(app, (health.router, *ENDPOINTS), models=(orders.ChangedProblem,))
    app.add_middleware(
        Gate,
        max_body_bytes=lanewise.settings.max_body_bytes,
        metrics=metrics,
    )
    return app
