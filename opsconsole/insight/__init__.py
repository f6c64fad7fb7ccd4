"""Statistics as pure functions of arrays and frames: no clock, no files, nothing of the rest of opsconsole.

* `insight.anomaly`: `scorer.scores` (one score a point, no look-ahead), `detector.detect` (alarms within a budget),
  `monitor.learn`, `watch` and `moved` (many columns: PCA with T² and Q, and what moved).
* `insight.control`: `chart.control` (a whole control chart), `limits`, `rules`, `small_shifts` (EWMA, CUSUM),
  `false_alarms` (what rules cost), `run_length`, `capability`.
* `insight.flow`: `read_events`, `read_wide`, `analyse` (steps with waiting and service, variants, hand-offs, open cases
  and their chance of being late), `shifting` (the bottleneck of stations), `counting.little`,
  `rehearsal.rehearse` (what chances were worth) and `correction` (those of now corrected by it).
* `insight.change`: `effect.effect` (did it help: effect, interval, counterfactual, placebo), `breaks.change_points`,
  `contribution.of_members` and `explain.explain` (who moved it: rate and mix, small samples held back).
* `insight.forecast`: `forecast` (point, intervals, skill, coverage of a series), its parts `plan` (costly, to be kept)
  and `refresh` (cheap, many series at once), `crossing` (when and how likely a limit is crossed).
"""
