// pg_catalog functions that compute from their arguments only, grouped by what they work on.
import type { Family } from '../family.ts'

export const computation: readonly Family[] = [
  {
    why: 'Hashes and comparisons that indexes use.',
    entry: { effect: 'Read', pure: true },
    names: `
      array_larger array_smaller bitcmp bpchar_larger bpchar_smaller bpcharcmp btarraycmp btboolcmp
      btbpchar_pattern_cmp btcharcmp btfloat48cmp btfloat4cmp btfloat84cmp btfloat8cmp btint24cmp btint28cmp btint2cmp
      btint42cmp btint48cmp btint4cmp btint82cmp btint84cmp btint8cmp btnamecmp btnametextcmp btoidcmp btoidvectorcmp
      btrecordcmp btrecordimagecmp bttext_pattern_cmp bttextcmp bttextnamecmp bttidcmp bytea_larger bytea_smaller
      byteacmp cash_cmp cashlarger cashsmaller date_cmp date_cmp_timestamp date_cmp_timestamptz date_larger
      date_smaller daterange_canonical daterange_subdiff enum_cmp enum_larger enum_smaller float4larger float4smaller
      float8larger float8smaller gin_cmp_tslexeme gin_compare_jsonb hash_aclitem hash_aclitem_extended hash_array
      hash_array_extended hash_multirange hash_multirange_extended hash_numeric hash_numeric_extended hash_range
      hash_range_extended hash_record hash_record_extended hashbool hashboolextended hashbpchar hashbpcharextended
      hashbytea hashbyteaextended hashchar hashcharextended hashcid hashcidextended hashdate hashdateextended hashenum
      hashenumextended hashfloat4 hashfloat4extended hashfloat8 hashfloat8extended hashinet hashinetextended hashint2
      hashint2extended hashint4 hashint4extended hashint8 hashint8extended hashmacaddr hashmacaddr8
      hashmacaddr8extended hashmacaddrextended hashname hashnameextended hashoid hashoidextended hashoidvector
      hashoidvectorextended hashtext hashtextextended hashtid hashtidextended hashxid hashxid8 hashxid8extended
      hashxidextended in_range int2larger int2smaller int4larger int4range_canonical int4range_subdiff int4smaller
      int8larger int8range_canonical int8range_subdiff int8smaller interval_cmp interval_hash interval_hash_extended
      interval_larger interval_smaller jsonb_cmp jsonb_hash jsonb_hash_extended macaddr8_cmp macaddr_cmp
      multirange_cmp network_cmp network_larger network_smaller numeric_cmp numeric_larger numeric_smaller
      numrange_subdiff oidlarger oidsmaller pg_lsn_cmp pg_lsn_hash pg_lsn_hash_extended pg_lsn_larger pg_lsn_smaller
      range_cmp record_larger record_smaller spg_poly_quad_compress text_larger text_smaller tidlarger tidsmaller
      time_cmp time_hash time_hash_extended time_larger time_smaller timestamp_cmp timestamp_cmp_date
      timestamp_cmp_timestamptz timestamp_hash timestamp_hash_extended timestamp_larger timestamp_smaller
      timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp timestamptz_hash timestamptz_hash_extended
      timestamptz_larger timestamptz_smaller timetz_cmp timetz_hash timetz_hash_extended timetz_larger timetz_smaller
      tsquery_cmp tsrange_subdiff tstzrange_subdiff tsvector_cmp uuid_cmp uuid_hash uuid_hash_extended varbitcmp
      xid8_larger xid8_smaller xid8cmp`,
  },
  {
    why: 'Steps of aggregates.',
    entry: { effect: 'Read', pure: true },
    names: `
      any_value_transfn booland_statefunc boolor_statefunc float4_accum float8_accum float8_avg float8_combine
      float8_corr float8_covar_pop float8_covar_samp float8_regr_accum float8_regr_avgx float8_regr_avgy
      float8_regr_combine float8_regr_intercept float8_regr_r2 float8_regr_slope float8_regr_sxx float8_regr_sxy
      float8_regr_syy float8_stddev_pop float8_stddev_samp float8_var_pop float8_var_samp int2_avg_accum
      int2_avg_accum_inv int2_sum int2int4_sum int4_avg_accum int4_avg_accum_inv int4_avg_combine int4_sum int4inc
      int8_avg int8_sum int8dec int8dec_any int8inc int8inc_any int8inc_float8_float8 interval_accum
      interval_accum_inv interval_avg interval_combine multirange_intersect_agg_transfn range_intersect_agg_transfn`,
  },
  {
    why: 'Text search.',
    entry: { effect: 'Read', pure: true },
    names: `
      array_to_tsvector json_to_tsvector jsonb_to_tsvector numnode phraseto_tsquery plainto_tsquery querytree
      setweight strip to_tsquery to_tsvector ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank
      ts_rank_cd ts_rewrite ts_token_type tsvector_to_array websearch_to_tsquery`,
  },
  {
    why: 'JSON and XML.',
    entry: { effect: 'Read', pure: true },
    names: `
      array_to_json json_array_elements json_array_elements_text json_array_length json_build_array json_build_object
      json_each json_each_text json_object json_object_keys json_populate_record json_populate_recordset
      json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_array_elements jsonb_array_elements_text
      jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_insert jsonb_object
      jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
      jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz
      jsonb_path_query_tz jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset jsonb_pretty
      jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof row_to_json to_json
      to_jsonb xml xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xmlcomment xmlconcat2
      xmlexists xmltext xmlvalidate xpath xpath_exists`,
  },
  {
    why: 'Arrays, ranges, enums.',
    entry: { effect: 'Read', pure: true },
    names: `
      array_dims array_fill array_length array_lower array_ndims array_position array_positions array_remove
      array_replace array_reverse array_sample array_shuffle array_sort array_to_string array_upper cardinality
      datemultirange daterange enum_first enum_last enum_range generate_series generate_subscripts int4multirange
      int4range int8multirange int8range isempty lower_inc lower_inf multirange nummultirange numrange range_merge
      trim_array tsmultirange tsrange tstzmultirange tstzrange unnest upper_inc upper_inf`,
  },
  {
    why: 'Numbers.',
    entry: { effect: 'Read', pure: true },
    names: `
      abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cash_words cbrt ceil ceiling cos cosd cosh
      cot cotd crc32 crc32c degrees dexp div dlog1 dlog10 dround dtrunc erf erfc exp factorial float4 float8 floor
      gamma gcd int2 int4 int8 lcm lgamma ln log log10 min_scale mod money num_nonnulls num_nulls numeric
      numeric_div_trunc numeric_exp numeric_inc numeric_ln numeric_log numeric_sqrt pg_size_bytes pg_size_pretty pi
      pow power radians random random_normal round scale sign sin sind sinh sqrt tan tand tanh to_bin to_hex to_number
      to_oct trim_scale trunc width_bucket`,
  },
  {
    why: 'Dates and times.',
    entry: { effect: 'Read', pure: true },
    names: `
      age clock_timestamp date date_add date_bin date_part date_subtract date_trunc extract interval isfinite
      justify_days justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz
      now overlaps statement_timestamp time timeofday timestamp timestamptz timetz timezone to_date to_timestamp
      transaction_timestamp uuid_extract_timestamp`,
  },
  {
    why: 'Text and bytes.',
    entry: { effect: 'Read', pure: true },
    names: `
      ascii bit bit_count bit_length bool bpchar btrim bytea casefold char char_length character_length chr concat
      concat_ws convert convert_from convert_to decode encode format get_bit get_byte initcap is_normalized left
      length like like_escape lower lpad ltrim md5 name nameconcatoid normalize notlike octet_length overlay
      parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match
      regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse
      right rpad rtrim set_bit set_byte sha224 sha256 sha384 sha512 similar_escape similar_to_escape split_part
      string_to_array string_to_table strpos substr substring text textlen to_ascii to_char translate unicode_assigned
      unistr upper varbit varchar`,
  },
  {
    why: 'Geometry and network addresses.',
    entry: { effect: 'Read', pure: true },
    names: `
      abbrev area bound_box box broadcast center cidr circle diagonal diameter family height host hostmask inet_merge
      inet_same_family isclosed ishorizontal isopen isparallel isperp isvertical line lseg macaddr macaddr8
      macaddr8_set7bit masklen netmask network npoints path pclose point polygon popen radius set_masklen slope width`,
  },
  {
    why: "Identifiers and values of the server's own types.",
    entry: { effect: 'Read', pure: true },
    names: `
      gen_random_uuid makeaclitem oid pg_char_to_encoding pg_collation_for pg_column_compression pg_column_size
      pg_column_toast_chunk_id pg_encoding_max_length pg_encoding_to_char pg_input_error_info pg_input_is_valid pg_lsn
      pg_typeof uuid_extract_version uuidv4 uuidv7 xid`,
  },
]
