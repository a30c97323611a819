"""Reads Olist-format orders: the published CSV files, or the parquet files of a sample.

Every fault is listed with file, row and field; a folder that holds some of both kinds is refused,
since nobody could say which of the two is meant.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.errors import Fault, InvalidInput, Unavailable
from core.places import GeoPoint
from simulations.olist.orders import ZONE, OlistData, OlistItem, OlistOrder, OlistSeller

Row = dict[str, Any]

CSV_FILES = {
    "orders": "olist_orders_dataset.csv",
    "items": "olist_order_items_dataset.csv",
    "sellers": "olist_sellers_dataset.csv",
    "geolocation": "olist_geolocation_dataset.csv",
    "customers": "olist_customers_dataset.csv",
    "products": "olist_products_dataset.csv",
}
PARQUET_FILES = {name: f"{name}.parquet" for name in ("orders", "items", "sellers", "geolocation")}
MOST_FAULTS = 50
BRAZIL = (-34.0, 6.0, -74.5, -28.0)  # south, north, west, east; published points lie astray


class _Faults:
    """Collects what is wrong, and stops when more would help nobody."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, file: str, row: int | None, field: str, reason: str) -> None:
        self.found.append(Fault(field, reason, file, row))
        if len(self.found) >= MOST_FAULTS:
            self.stop()

    def stop(self) -> None:
        if self.found:
            raise InvalidInput(faults=self.found, code="olist_files")


def read_olist(folder: Path, say: Callable[[str], None] = lambda _: None) -> OlistData:
    """The data set in `folder`; raises InvalidInput with every fault, or what is missing."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is not a folder", code="olist_files")
    csv_there = [name for name in CSV_FILES.values() if (folder / name).exists()]
    parquet_there = [name for name in PARQUET_FILES.values() if (folder / name).exists()]
    if csv_there and parquet_there:
        raise InvalidInput(
            f"{folder} mixes published CSV ({csv_there[0]}) and parquet ({parquet_there[0]})",
            code="olist_files",
        )
    if not csv_there and not parquet_there:
        raise InvalidInput(f"{folder} holds no orders in the Olist format", code="olist_files")
    faults = _Faults()
    names = PARQUET_FILES if parquet_there else CSV_FILES
    for name in names.values():
        if not (folder / name).exists():
            faults.add(name, None, "file", "is missing")
    faults.stop()
    read = _read_parquet if parquet_there else _read_csv
    tables: dict[str, Sequence[Row]] = {}
    for table, name in names.items():
        say(f"reading {name}")
        tables[table] = read(folder / name, _columns(table, joined=bool(parquet_there)), faults)
    faults.stop()
    if not parquet_there:
        _join(tables, faults)
    return _values(tables, names, folder.name, faults, say)


def _columns(table: str, *, joined: bool) -> tuple[str, ...]:
    """The columns that a file must have; the parquet sample is joined with its look-ups."""
    product = (
        "product_category_name product_weight_g product_length_cm "
        "product_height_cm product_width_cm"
    ).split()
    customer = "customer_zip_code_prefix customer_city customer_state".split()
    columns = {
        "orders": "order_id customer_id order_status order_purchase_timestamp order_approved_at "
        "order_delivered_carrier_date order_delivered_customer_date order_estimated_delivery_date",
        "items": "order_id order_item_id product_id seller_id price freight_value",
        "sellers": "seller_id seller_zip_code_prefix seller_city seller_state",
        "geolocation": "zip_prefix lat lng state"
        if joined
        else "geolocation_zip_code_prefix geolocation_lat geolocation_lng geolocation_state",
        "customers": "customer_id",
        "products": "product_id",
    }[table].split()
    if table == ("orders" if joined else "customers"):
        columns += customer
    if table == ("items" if joined else "products"):
        columns += product
    return tuple(columns)


def _read_csv(path: Path, columns: tuple[str, ...], faults: _Faults) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            for name in missing:
                faults.add(path.name, 1, name, "column is missing")
            return [] if missing else list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        faults.add(path.name, None, "file", f"is not readable CSV: {error}")
        return []
    except OSError as error:
        raise Unavailable(f"cannot read {path.name}: {error.strerror}") from None


def _read_parquet(path: Path, columns: tuple[str, ...], faults: _Faults) -> list[Row]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Unavailable("parquet files need the extra `data` (pyarrow)") from None
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        faults.add(path.name, None, "file", f"is not readable parquet: {error}".splitlines()[0])
        return []
    missing = [name for name in columns if name not in table.column_names]
    for name in missing:
        faults.add(path.name, None, name, "column is missing")
    if missing:
        return []
    lists = [table.column(name).to_pylist() for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def _join(tables: dict[str, Sequence[Row]], faults: _Faults) -> None:
    """Give published orders their customer's place and items their product's size."""
    for table, look_up, key in (
        ("orders", "customers", "customer_id"),
        ("items", "products", "product_id"),
    ):
        by_key = {row[key]: row for row in tables[look_up]}
        for number, row in enumerate(tables[table], start=2):
            found = by_key.get(row[key])
            if found is None:
                faults.add(CSV_FILES[table], number, key, f"{row[key]!r} is not in {look_up}")
            else:
                row.update(found)
    faults.stop()


def _values(
    tables: dict[str, Sequence[Row]],
    names: dict[str, str],
    source: str,
    faults: _Faults,
    say: Callable[[str], None],
) -> OlistData:
    first = 2 if names is CSV_FILES else 1
    places = _places(tables["geolocation"], names["geolocation"], first, faults)
    sellers: dict[str, OlistSeller] = {}
    for number, row in enumerate(tables["sellers"], start=first):
        prefix = _zip(row["seller_zip_code_prefix"])
        if prefix is None:
            faults.add(names["sellers"], number, "seller_zip_code_prefix", "is not a postcode")
            continue
        name = str(row["seller_id"])
        sellers[name] = OlistSeller(name, prefix, str(row["seller_city"]), str(row["seller_state"]))
    items: dict[str, list[OlistItem]] = {}
    for number, row in enumerate(tables["items"], start=first):
        item = _item(row, number, names["items"], sellers, faults)
        if item is not None:
            items.setdefault(str(row["order_id"]), []).append(item)
    say(f"{len(tables['orders'])} orders, {len(sellers)} sellers, {len(places)} postcodes")
    orders: dict[str, OlistOrder] = {}
    empty = 0
    for number, row in enumerate(tables["orders"], start=first):
        order_id = str(row["order_id"])
        if order_id in orders:
            faults.add(names["orders"], number, "order_id", f"{order_id} occurs twice")
            continue
        order = _order(row, number, names["orders"], items.pop(order_id, []), faults)
        if order is not None and order.items:
            orders[order_id] = order
        elif order is not None:  # the published set holds some, canceled before they had a line
            empty += 1
    for order_id in list(items)[:5]:
        faults.add(names["items"], None, "order_id", f"{order_id} is not among the orders")
    faults.stop()
    if empty:
        say(f"{empty} orders without items left out")
    ordered = sorted(orders.values(), key=lambda order: (order.purchased_at, order.order_id))
    return OlistData(tuple(ordered), sellers, places, source)


def _places(
    rows: Iterable[Row], file: str, first: int, faults: _Faults
) -> dict[int, tuple[GeoPoint, str]]:
    """The mean point of each prefix; points outside the country are left out."""
    sums: dict[int, list[float]] = {}
    states: dict[int, str] = {}
    south, north, west, east = BRAZIL
    for number, row in enumerate(rows, start=first):
        renamed = {name.removeprefix("geolocation_"): value for name, value in row.items()}
        prefix = _zip(renamed.get("zip_code_prefix", renamed.get("zip_prefix")))
        try:
            lat, lon = float(renamed["lat"]), float(renamed["lng"])
        except (TypeError, ValueError):
            faults.add(file, number, "lat/lng", "is not a number")
            continue
        if prefix is None:
            faults.add(file, number, "zip_code_prefix", "is not a postcode")
            continue
        if not (south <= lat <= north and west <= lon <= east):
            continue
        entry = sums.setdefault(prefix, [0.0, 0.0, 0.0])
        entry[0] += lat
        entry[1] += lon
        entry[2] += 1
        states[prefix] = str(renamed["state"])
    return {
        prefix: (GeoPoint(lat / n, lon / n), states[prefix])
        for prefix, (lat, lon, n) in sums.items()
    }


def _item(
    row: Row, number: int, file: str, sellers: dict[str, OlistSeller], faults: _Faults
) -> OlistItem | None:
    seller = str(row["seller_id"])
    if seller not in sellers:
        faults.add(file, number, "seller_id", f"{seller!r} is not among the sellers")
        return None
    price, freight = _centavos(row["price"]), _centavos(row["freight_value"])
    if price is None or freight is None:
        field = "price" if price is None else "freight_value"
        faults.add(file, number, field, "is not an amount of at least 0")
        return None
    sides = [
        _whole(row[name], 10)
        for name in ("product_length_cm", "product_width_cm", "product_height_cm")
    ]
    weight = _whole(row["product_weight_g"], 1)
    length, width, height = sides
    size = (length, width, height) if length and width and height else None
    return OlistItem(
        str(row["product_id"]),
        seller,
        price,
        freight,
        str(row["product_category_name"] or ""),
        weight or None,
        size,
    )


def _order(
    row: Row, number: int, file: str, items: list[OlistItem], faults: _Faults
) -> OlistOrder | None:
    def instant(field: str, *, needed: bool = False) -> datetime | None:
        value = row[field]
        if value is None or value == "":
            if needed:
                faults.add(file, number, field, "is missing")
            return None
        try:
            local = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            faults.add(file, number, field, f"{value!r} is not a time")
            return None
        return local.replace(tzinfo=ZONE).astimezone(UTC)

    prefix = _zip(row["customer_zip_code_prefix"])
    purchased = instant("order_purchase_timestamp", needed=True)
    promised = instant("order_estimated_delivery_date", needed=True)
    if prefix is None:
        faults.add(file, number, "customer_zip_code_prefix", "is not a postcode")
    if purchased is None or promised is None or prefix is None:
        return None
    return OlistOrder(
        order_id=str(row["order_id"]),
        customer=str(row["customer_id"]),
        zip_prefix=prefix,
        city=str(row["customer_city"]),
        state=str(row["customer_state"]),
        status=str(row["order_status"]),
        purchased_at=purchased,
        approved_at=instant("order_approved_at"),
        handed_over_at=instant("order_delivered_carrier_date"),
        delivered_at=instant("order_delivered_customer_date"),
        promised_on=_local_day(promised),
        items=tuple(items),
    )


def _local_day(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


def _zip(value: Any) -> int | None:
    try:
        prefix = int(value)
    except (TypeError, ValueError):
        return None
    return prefix if 0 < prefix < 100_000 else None


def _centavos(value: Any) -> int | None:
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        return None
    return int(amount * 100) if amount.is_finite() and amount >= 0 else None


def _whole(value: Any, factor: int) -> int | None:
    """A published decimal as whole units; None when it is missing or not positive."""
    try:
        number = round(float(value) * factor)
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None
