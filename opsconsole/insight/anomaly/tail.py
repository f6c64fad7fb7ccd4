"""How rare a number is among the numbers before it: the past's own tail, extended by an exponential."""

from bisect import bisect_left
from math import log, log10

NEEDED = 50  # numbers of the past below which nothing is said
HALF_LIFE = 2048  # numbers after which an older one counts half
_UPPER, _TOP = 0.95, 0.99
_LOG_TEN = log(10.0)
_STEP = log((1 - _UPPER) / (1 - _TOP))
_FLOOR = -log10(1 - _UPPER)


class Tail:
    """Rarity of numbers ≥ 0 in a stream, as −log10 of the share of the past that was as large: 2 is one in a hundred.

    Up to the 95th percentile of the past it is counted. Beyond it the tail is taken as exponential, its scale from the
    95th and 99th percentile (peaks over threshold with quantiles, so that one wild number does not set the scale).
    The past forgets: whenever it holds twice `HALF_LIFE` numbers, every second of them in order of size is dropped,
    which keeps its percentiles and halves the weight of what is old.
    """

    __slots__ = ("_past",)

    def __init__(self) -> None:
        self._past: list[float] = []

    def rarity_then_add(self, number: float) -> float:
        """The rarity of this number among those before it, which it joins; 0 while they are fewer than `NEEDED`."""
        past = self._past
        at = bisect_left(past, number)
        rarity = self._rarity(number, at)
        past.insert(at, number)
        if len(past) >= 2 * HALF_LIFE:
            del past[::2]
        return rarity

    def _rarity(self, number: float, at: int) -> float:
        past = self._past
        count = len(past)
        if count < NEEDED:
            return 0.0
        upper = past[int(_UPPER * count)]
        if number <= upper:
            share = (count - at) / count
            return -log10(share) if share > 1 - _UPPER else _FLOOR
        # a past that is flat has a scale of nothing; a twentieth of its size keeps what is trifling from being rare
        scale = max((past[int(_TOP * count)] - upper) / _STEP, 0.05 * upper, 1e-300)
        return _FLOOR + (number - upper) / scale / _LOG_TEN
