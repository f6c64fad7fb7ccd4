"""What a change did, when a series changed, and who moved it: pure functions of arrays.

* `effect.effect`: did a change help, with interval, counterfactual, placebo; `sentence.sentence` says it.
* `breaks.change_points`: when the level of a series shifted, with the range of dates.
* `contribution.of_members`, `contribution.weights`: what each member and each part contributed to a move, rate and mix.
* `explain.explain`, `explain.uncertainty`: the members of all dimensions ranked, small samples held back, intervals.
"""
