"""Control charts of a series of points: limits, signals, false alarms to be expected, capability. NumPy arrays in.

* `chart.control`: a whole chart: kind, baseline, limits and signals, anew from each marked change on.
* `limits`: XmR, X̄-R, X̄-S, p, np, c, u. `kind`: which of them suits a series.
* `baseline`: the points that limits come from, declared or detected.
* `rules`: Nelson and Western Electric. `small_shifts`: EWMA and CUSUM.
* `false_alarms`: what a set of rules costs. `run_length`: average run lengths, computed.
* `capability`: Cp, Cpk, Pp, Ppk with intervals.
"""
