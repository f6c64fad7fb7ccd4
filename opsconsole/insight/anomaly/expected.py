"""What a stream is expected to bring next: level, profile of the day and the week, and a blend of them. Streaming."""

from math import inf, sqrt

_MEMORY_WEEKS = 8.0  # over which a profile forgets
_SEEN = 2  # values of an hour before its mean is used
_QUICK = 0.2  # weight of the newest value in the quick level
_SLOW = 0.01  # weight of the newest error in what a guess is worth
_CLIP = 5.0  # standard deviations beyond which a value teaches no more
_LEARNING = 30  # values before anything is clipped


class _Mean:
    """The mean of the values of one hour, with their count."""

    __slots__ = ("count", "value")

    def __init__(self) -> None:
        self.count = 0
        self.value = 0.0


class Expected:
    """Six guesses at the next value, and their blend.

    The guesses are the level, the mean of this hour of the day, the mean of this hour of the week, the quick level
    (exponentially weighted, 0.2), and the two profiles each with the quick level of what they lately missed by. The
    blend weighs each by the inverse square of its own mean absolute error so far (combining forecasts after Bates and
    Granger 1969): a season is used where there is one, and does no harm where there is none.
    """

    __slots__ = (
        "_count",
        "_day",
        "_errors",
        "_guesses",
        "_hour",
        "_memory",
        "_missed",
        "_variance",
        "_week",
        "level",
        "profile",
        "quick",
    )

    def __init__(self) -> None:
        self.level = 0.0
        """The mean of everything so far."""
        self.profile = 0.0
        """The guess by hour of the week alone, or of the day, or the level: the finest that has been seen before."""
        self.quick = 0.0
        """The quick level."""
        self._count = 0
        self._variance = 0.0
        self._memory = inf
        self._day = [_Mean() for _ in range(24)]
        self._week = [_Mean() for _ in range(168)]
        self._hour = 0
        self._missed = [0.0, 0.0]
        self._guesses = (0.0,) * 6
        self._errors: list[float] = []

    def step(self, seconds: float) -> None:
        """Say how far values lie apart: how many a profile remembers follows from it."""
        self._memory = max(1.0, 3600.0 / seconds) * _MEMORY_WEEKS

    def guess(self, time: float) -> float:
        """What the value at this time will be, in the light of all values before it."""
        hour = int(time // 3600.0) % 168
        day, week = self._day[hour % 24], self._week[hour]
        by_day = day.value if day.count >= _SEEN else self.level
        by_week = week.value if week.count >= _SEEN else by_day
        missed_day, missed_week = self._missed
        self._hour, self.profile = hour, by_week
        guesses = (self.level, by_day, by_week, self.quick, by_day + missed_day, by_week + missed_week)
        self._guesses = guesses
        if not self._errors:
            return self.quick
        total = blend = 0.0
        for error, guess in zip(self._errors, guesses, strict=True):
            weight = 1.0 / (error * error + 1e-18)
            total += weight
            blend += weight * guess
        return blend / total

    def begin(self, value: float) -> None:
        """Take the first value there is."""
        self.level = self.quick = value

    def resume(self) -> None:
        """After a gap: what was lately missed is old, and the quick level starts from the profile."""
        self.quick = self.profile
        self._missed = [0.0, 0.0]

    def learn(self, value: float) -> None:
        """Take the value that `guess` was about. What is wild moves the means no more than `_CLIP` deviations would."""
        guesses = self._guesses
        off = [abs(value - guess) for guess in guesses]
        if self._errors:
            self._errors = [error + _SLOW * (new - error) for error, new in zip(self._errors, off, strict=True)]
        else:
            self._errors = off
        missed = self._missed
        missed[0] += _QUICK * (value - guesses[1] - missed[0])
        missed[1] += _QUICK * (value - guesses[2] - missed[1])
        self.quick += _QUICK * (value - self.quick)
        level, count = self.level, self._count + 1
        if count > _LEARNING:
            reach = _CLIP * sqrt(self._variance)
            value = max(level - reach, min(level + reach, value))
        aside = value - level
        self.level = level + aside / count
        self._variance += (aside * (value - self.level) - self._variance) / count
        self._count = count
        day, week = self._day[self._hour % 24], self._week[self._hour]
        day.count += 1
        day.value += (value - day.value) / min(day.count, 7.0 * self._memory)
        week.count += 1
        week.value += (value - week.value) / min(week.count, self._memory)
