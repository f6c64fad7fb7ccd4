"""Anomalies: of one stream, point by point, and of many columns together; within a budget of false alarms.

* `scorer.scores(times, values)` or `scorer.Scorer().score(time, value)`: one score in [0, 1] per point, no look-ahead.
* `detector.detect(times, values, per_week)` or `detector.Detector(per_week).alarm(time, value)`: which are alarms.
* `monitor.learn(rows, names, step, per_week)`, `monitor.watch(monitor, rows)`, `monitor.moved(model, rows)`: PCA with
  T² and Q over many columns, its alarms, and which columns moved. `pca` has the model and the limits of theory alone.
"""
