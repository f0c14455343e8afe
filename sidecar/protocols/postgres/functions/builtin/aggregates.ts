// pg_catalog aggregates and window functions.
import type { Family } from '../family.ts'

export const aggregates: readonly Family[] = [
  {
    why: 'Aggregates and window functions.',
    entry: { effect: 'Read', pure: true },
    names: `
      any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist
      dense_rank every first_value json_agg json_agg_strict json_object_agg json_object_agg_strict
      json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg
      jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict lag last_value lead max min mode
      nth_value ntile percent_rank percentile_cont percentile_disc range_agg range_intersect_agg rank regr_avgx
      regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy row_number stddev stddev_pop
      stddev_samp string_agg sum var_pop var_samp variance xmlagg`,
  },
]
