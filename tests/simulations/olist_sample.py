"""A made-up data set in the published file format: small, seeded, nobody's real orders."""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

STATES = {"SP": 1310, "RJ": 22041, "MG": 30130, "RS": 90010}
POINTS = {
    "SP": (-23.55, -46.63),
    "RJ": (-22.91, -43.2),
    "MG": (-19.92, -43.94),
    "RS": (-30.03, -51.2),
}
FORMAT = "%Y-%m-%d %H:%M:%S"


def write_sample(folder: Path, *, orders: int = 60, seed: int = 5) -> Path:
    """Write the six published files; every third order has two sellers, every tenth is open."""
    draw = random.Random(seed)
    sellers = [(f"s{n}", state, prefix) for n, (state, prefix) in enumerate(STATES.items())]
    products = [f"p{n}" for n in range(12)]
    tables: dict[str, list[dict[str, object]]] = {
        "olist_geolocation_dataset.csv": [
            {
                "geolocation_zip_code_prefix": prefix,
                "geolocation_lat": POINTS[state][0],
                "geolocation_lng": POINTS[state][1],
                "geolocation_city": state.lower(),
                "geolocation_state": state,
            }
            for state, prefix in STATES.items()
        ],
        "olist_sellers_dataset.csv": [
            {
                "seller_id": name,
                "seller_zip_code_prefix": prefix,
                "seller_city": state.lower(),
                "seller_state": state,
            }
            for name, state, prefix in sellers
        ],
        "olist_products_dataset.csv": [
            {
                "product_id": name,
                "product_category_name": "livros",
                "product_weight_g": draw.randint(100, 6000),
                "product_length_cm": draw.randint(16, 60),
                "product_height_cm": draw.randint(2, 40),
                "product_width_cm": draw.randint(11, 40),
            }
            for name in products
        ],
        "olist_customers_dataset.csv": [],
        "olist_orders_dataset.csv": [],
        "olist_order_items_dataset.csv": [],
    }
    start = datetime(2017, 3, 1, 12)
    for number in range(orders):
        order, customer = f"o{number}", f"c{number}"
        state = draw.choice(list(STATES))
        bought = start + timedelta(hours=5 * number)
        handed = bought + timedelta(hours=draw.randint(10, 80))
        delivered = handed + timedelta(hours=draw.randint(40, 300))
        is_open = number % 10 == 9
        tables["olist_customers_dataset.csv"].append(
            {
                "customer_id": customer,
                "customer_unique_id": customer,
                "customer_zip_code_prefix": STATES[state],
                "customer_city": state.lower(),
                "customer_state": state,
            }
        )
        tables["olist_orders_dataset.csv"].append(
            {
                "order_id": order,
                "customer_id": customer,
                "order_status": "shipped" if is_open else "delivered",
                "order_purchase_timestamp": bought.strftime(FORMAT),
                "order_approved_at": (bought + timedelta(minutes=20)).strftime(FORMAT),
                "order_delivered_carrier_date": handed.strftime(FORMAT),
                "order_delivered_customer_date": "" if is_open else delivered.strftime(FORMAT),
                "order_estimated_delivery_date": (bought + timedelta(days=22)).strftime(
                    "%Y-%m-%d 00:00:00"
                ),
            }
        )
        for position, (seller, _, _) in enumerate(
            draw.sample(sellers, 2 if number % 3 == 0 else 1)
        ):
            tables["olist_order_items_dataset.csv"].append(
                {
                    "order_id": order,
                    "order_item_id": position + 1,
                    "product_id": draw.choice(products),
                    "seller_id": seller,
                    "shipping_limit_date": handed.strftime(FORMAT),
                    "price": f"{draw.randint(1000, 30000) / 100:.2f}",
                    "freight_value": f"{draw.randint(800, 4000) / 100:.2f}",
                }
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder
