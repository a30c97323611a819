"""Whole-number units: grams, millimetres, cubic millimetres, seconds; and how they round."""

from dataclasses import dataclass

from core.errors import invalid


def ceil_div(numerator: int, denominator: int) -> int:
    """Integer division that rounds towards plus infinity; `denominator` > 0."""
    return -(-numerator // denominator)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Outer length, width and height of a thing, in mm."""

    length_mm: int
    width_mm: int
    height_mm: int

    def __post_init__(self) -> None:
        for name in ("length_mm", "width_mm", "height_mm"):
            if getattr(self, name) <= 0:
                raise invalid(name, "must be a positive whole number of millimetres")

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm

    @property
    def longest_mm(self) -> int:
        return max(self.length_mm, self.width_mm, self.height_mm)

    @property
    def girth_mm(self) -> int:
        """Twice the sum of the two shorter sides, as carriers' limits use it."""
        _, middle, longest = sorted((self.length_mm, self.width_mm, self.height_mm))
        return 2 * (self.length_mm + self.width_mm + self.height_mm - longest) if middle else 0

    def sorted_mm(self) -> tuple[int, int, int]:
        """Longest side first."""
        longest, middle, shortest = sorted(
            (self.length_mm, self.width_mm, self.height_mm), reverse=True
        )
        return longest, middle, shortest


def volumetric_weight_g(volume_mm3: int, divisor_mm3_per_g: int) -> int:
    """Volume billed as weight, in g, rounded up. 5000 cm3/kg is 5000 mm3/g."""
    return ceil_div(volume_mm3, divisor_mm3_per_g)
