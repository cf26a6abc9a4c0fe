"""An estimate with its standard error: interval, p, probabilities, equivalence."""

from dataclasses import dataclass

from scipy.stats import t


@dataclass(frozen=True)
class Estimate:
    """A difference that is t-distributed about the truth, with a standard error above 0.

    With a flat prior the same distribution is what is believed of the truth, which gives the probabilities.

    Attributes:
        value: The difference.
        standard_error: Of it.
        df: Degrees of freedom.
    """

    value: float
    standard_error: float
    df: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided interval."""
        reach = self.standard_error * float(t.ppf((1 + confidence) / 2, self.df))
        return self.value - reach, self.value + reach

    @property
    def p(self) -> float:
        """Two-sided, of no difference."""
        return float(2 * t.sf(abs(self.value) / self.standard_error, self.df))

    @property
    def p_sign_wrong(self) -> float:
        """Probability that the difference has the other sign."""
        return self.p / 2

    def p_equivalent(self, margin: float) -> float:
        """Of a difference of ``margin`` or more, either way: two one-sided tests (Schuirmann 1987)."""
        below = t.sf((self.value + margin) / self.standard_error, self.df)
        above = t.cdf((self.value - margin) / self.standard_error, self.df)
        return float(max(below, above))

    def probabilities(self, margin: float) -> tuple[float, float, float]:
        """That the truth is below ``-margin``, within, and above ``margin``; they add up to 1."""
        worse = float(t.cdf((-margin - self.value) / self.standard_error, self.df))
        better = float(t.sf((margin - self.value) / self.standard_error, self.df))
        return worse, 1 - worse - better, better
