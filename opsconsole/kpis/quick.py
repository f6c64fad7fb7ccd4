"""Functions that DuckDB can be interrupted in, or that cost little on a row: what people may have run in the engine.

It cannot end a single scalar call that has begun (`list_sort(range(30000000))` runs for 97 s), nor what it computes
of constants before it begins.
"""

from __future__ import annotations

QUICK = frozenset(
    """
    + - * / // % ^ ** || ~~ !~~ ~~* !~~* ~ & | << >> ! @
    abs acos add age any_value approx_count_distinct approx_quantile arg_max arg_min argmax argmin array_agg asin atan
    atan2 avg bit_and bit_or bool_and bool_or cast ceil ceiling century coalesce concat concat_ws contains corr cos
    count count_if count_star countif covar_pop covar_samp cume_dist current_date current_timestamp date_add date_diff
    date_part date_sub date_trunc datediff datepart datetrunc day dayname dayofmonth dayofweek dayofyear decade degrees
    dense_rank ends_with entropy epoch epoch_ms epoch_ns epoch_us even exp favg first first_value floor fsum geomean
    geometric_mean get_current_time get_current_timestamp greatest group_concat grouping grouping_id hour if ifnull
    instr isfinite isinf isnan isodow isoyear kurtosis lag last last_day last_value lcase lead least left len length
    like_escape listagg ln log log10 log2 lower ltrim mad make_date make_time make_timestamp max max_by mean median
    microsecond millisecond min min_by minute mod mode month monthname mul multiply not_like_escape now nth_value ntile
    nullif percent_rank pi position pow power prefix product quantile quantile_cont quantile_disc quarter radians rank
    regexp_extract regexp_full_match regexp_matches regexp_replace regr_count regr_intercept regr_r2 regr_slope replace
    reverse right round row_number rtrim second sem sign sin skewness split_part sqrt starts_with stddev stddev_pop
    stddev_samp strftime string_agg strlen strpos strptime subtract substr substring suffix sum sum_no_overflow tan
    time_bucket timezone to_timestamp today trim trunc try_strptime ucase upper var_pop var_samp variance week weekday
    weekofyear year yearweek
    to_days to_hours to_minutes to_months to_seconds to_weeks to_years
    """.split()
)
