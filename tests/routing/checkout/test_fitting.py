"""SKUs as the packer sees them: whatever the network takes, the planner can ask about."""

from core.units import Dimensions
from routing.checkout.fitting import pack_item
from routing.network.goods import Sku


def test_what_ships_alone_does_not_nest() -> None:
    cup = Sku("cup", "Cup", Dimensions(90, 90, 100), 80, nest_mm=12)
    assert (pack_item("1", cup).nest_mm, pack_item("1", cup).upright) == (12, True)
    apart = Sku("vase", "Vase", Dimensions(90, 90, 100), 80, frozenset({"alone"}), nest_mm=12)
    piece = pack_item("1", apart)
    assert (piece.alone, piece.nest_mm, piece.upright) == (True, 0, False)
