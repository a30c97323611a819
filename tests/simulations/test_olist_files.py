"""Reading real orders: whole or not at all, every fault with file, row and field."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.errors import InvalidInput
from simulations.adapters.olist_files import read_olist
from tests.shared_data import shared_path
from tests.simulations.olist_sample import write_sample


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_published_files_become_orders_in_utc(tmp_path: Path) -> None:
    data = read_olist(write_sample(tmp_path))
    assert len(data.orders) == 60
    first = data.orders[0]
    assert first.purchased_at == datetime(2017, 3, 1, 15, tzinfo=UTC)  # 12:00 at UTC-3
    assert first.promised_on == date(2017, 3, 23)
    assert len(first.sellers) == 2
    assert sum(order.delivered_at is None for order in data.orders) == 6


def test_the_real_sample_reads_whole() -> None:
    pytest.importorskip("pyarrow", reason="the extra `data` is not installed")
    data = read_olist(shared_path("data/olist"))
    assert len(data.orders) == 26_310
    assert sum(len(order.items) for order in data.orders) == 30_171
    assert sum(len(order.sellers) > 1 for order in data.orders) == 287


def test_missing_files_are_all_named(tmp_path: Path) -> None:
    write_sample(tmp_path)
    (tmp_path / "olist_sellers_dataset.csv").unlink()
    (tmp_path / "olist_orders_dataset.csv").unlink()
    with pytest.raises(InvalidInput) as caught:
        read_olist(tmp_path)
    assert {fault.file for fault in caught.value.faults} == {
        "olist_sellers_dataset.csv",
        "olist_orders_dataset.csv",
    }


def test_a_mixed_folder_is_refused(tmp_path: Path) -> None:
    write_sample(tmp_path)
    (tmp_path / "orders.parquet").write_bytes(b"PAR1")
    with pytest.raises(InvalidInput, match="mixes"):
        read_olist(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        (
            "olist_orders_dataset.csv",
            "2017-03-01 12:00:00",
            "yesterday",
            "order_purchase_timestamp",
        ),
        ("olist_orders_dataset.csv", "order_status", "status", "order_status"),
        ("olist_orders_dataset.csv", "o7,", "o8,", "order_id"),
        ("olist_order_items_dataset.csv", ",s", ",nobody", "seller_id"),
        ("olist_order_items_dataset.csv", ",p", ",nothing", "product_id"),
        ("olist_sellers_dataset.csv", "1310", "abc", "seller_zip_code_prefix"),
        ("olist_geolocation_dataset.csv", "-23.55", "south", "lat/lng"),
    ],
)
def test_each_broken_cell_is_named(
    tmp_path: Path, file: str, old: str, new: str, field: str
) -> None:
    write_sample(tmp_path)
    _edit(tmp_path / file, old, new)
    with pytest.raises(InvalidInput) as caught:
        read_olist(tmp_path)
    assert field in {fault.field for fault in caught.value.faults}


def test_garbage_is_no_stack_trace(tmp_path: Path) -> None:
    write_sample(tmp_path)
    (tmp_path / "olist_orders_dataset.csv").write_bytes(b"\xff\xfe\x00garbage")
    with pytest.raises(InvalidInput, match="olist_orders_dataset"):
        read_olist(tmp_path)
    with pytest.raises(InvalidInput, match="not a folder"):
        read_olist(tmp_path / "nowhere")
