// Reviewed extensions that bring types and computation.
import type { Family } from '../family.ts'

export const values: { readonly [extension: string]: readonly Family[] } = {
  btree_gin: [
    {
      why: 'Comparisons for indexes.',
      entry: { effect: 'Read', pure: true },
      names: `
        gin_enum_cmp gin_numeric_cmp`,
    },
  ],
  btree_gist: [
    {
      why: 'Distances and keys for indexes.',
      entry: { effect: 'Read', pure: true },
      names: `
        cash_dist date_dist float4_dist float8_dist gbtreekey16_in gbtreekey16_out gbtreekey2_in gbtreekey2_out
        gbtreekey32_in gbtreekey32_out gbtreekey4_in gbtreekey4_out gbtreekey8_in gbtreekey8_out gbtreekey_var_in
        gbtreekey_var_out gist_translate_cmptype_btree int2_dist int4_dist int8_dist interval_dist oid_dist time_dist
        ts_dist tstz_dist`,
    },
  ],
  citext: [
    {
      why: 'Text compared without case.',
      entry: { effect: 'Read', pure: true },
      names: `
        citext citext_cmp citext_eq citext_ge citext_gt citext_hash citext_hash_extended citext_larger citext_le
        citext_lt citext_ne citext_pattern_cmp citext_pattern_ge citext_pattern_gt citext_pattern_le citext_pattern_lt
        citext_smaller citextin citextout citextsend max min regexp_match regexp_matches regexp_replace
        regexp_split_to_array regexp_split_to_table replace split_part strpos texticlike texticnlike texticregexeq
        texticregexne translate`,
    },
  ],
  cube: [
    {
      why: 'Points and boxes.',
      entry: { effect: 'Read', pure: true },
      names: `
        cube cube_cmp cube_contained cube_contains cube_coord cube_coord_llur cube_dim cube_distance cube_enlarge
        cube_eq cube_ge cube_gt cube_in cube_inter cube_is_point cube_le cube_ll_coord cube_lt cube_ne cube_out
        cube_overlap cube_send cube_size cube_subset cube_union cube_ur_coord distance_chebyshev distance_taxicab`,
    },
  ],
  earthdistance: [
    {
      why: 'Distances on a sphere.',
      entry: { effect: 'Read', pure: true },
      names: `
        earth earth_box earth_distance gc_to_sec geo_distance latitude ll_to_earth longitude sec_to_gc`,
    },
  ],
  fuzzystrmatch: [
    {
      why: 'Sounds and edit distances.',
      entry: { effect: 'Read', pure: true },
      names: `
        daitch_mokotoff difference dmetaphone dmetaphone_alt levenshtein levenshtein_less_equal metaphone soundex
        text_soundex`,
    },
  ],
  hstore: [
    {
      why: 'Keys and values.',
      entry: { effect: 'Read', pure: true },
      names: `
        akeys avals defined delete each exist exists_all exists_any fetchval ghstore_in ghstore_out hs_concat
        hs_contained hs_contains hstore hstore_cmp hstore_eq hstore_ge hstore_gt hstore_hash hstore_hash_extended
        hstore_in hstore_le hstore_lt hstore_ne hstore_out hstore_send hstore_to_array hstore_to_json
        hstore_to_json_loose hstore_to_jsonb hstore_to_jsonb_loose hstore_to_matrix hstore_version_diag isdefined
        isexists populate_record skeys slice slice_array svals tconvert`,
    },
  ],
  intagg: [
    {
      why: 'Integers to arrays and back.',
      entry: { effect: 'Read', pure: true },
      names: `
        int_array_aggregate int_array_enum`,
    },
  ],
  intarray: [
    {
      why: 'Sets of integers.',
      entry: { effect: 'Read', pure: true },
      names: `
        _int_contained _int_contains _int_different _int_inter _int_overlap _int_same _int_union _intbig_in
        _intbig_out boolop bqarr_in bqarr_out icount idx intarray_del_elem intarray_push_array intarray_push_elem
        intset intset_subtract intset_union_elem querytree rboolop sort sort_asc sort_desc subarray uniq`,
    },
  ],
  isn: [
    {
      why: 'Changes what this session accepts, and tells.',
      entry: { effect: 'Session', leaks: true },
      names: `
        isn_weak`,
    },
    {
      why: 'Book, music and product numbers.',
      entry: { effect: 'Read', pure: true },
      names: `
        btean13cmp btisbn13cmp btisbncmp btismn13cmp btismncmp btissn13cmp btissncmp btupccmp ean13_in ean13_out
        hashean13 hashisbn hashisbn13 hashismn hashismn13 hashissn hashissn13 hashupc is_valid isbn isbn13 isbn13_in
        isbn_in ismn ismn13 ismn13_in ismn_in isn_out isneq isnge isngt isnle isnlt isnne issn issn13 issn13_in
        issn_in make_valid upc upc_in`,
    },
  ],
  lo: [
    {
      why: 'The oid as a number.',
      entry: { effect: 'Read', pure: true },
      names: `
        lo_oid`,
    },
  ],
  ltree: [
    {
      why: 'Labels in trees.',
      entry: { effect: 'Read', pure: true },
      names: `
        _lt_q_regex _lt_q_rregex _ltq_extract_regex _ltq_regex _ltq_rregex _ltree_extract_isparent
        _ltree_extract_risparent _ltree_isparent _ltree_r_isparent _ltree_r_risparent _ltree_risparent _ltxtq_exec
        _ltxtq_extract_exec _ltxtq_rexec hash_ltree hash_ltree_extended index lca lquery_in lquery_out lquery_send
        lt_q_regex lt_q_rregex ltq_regex ltq_rregex ltree2text ltree_addltree ltree_addtext ltree_cmp ltree_eq
        ltree_ge ltree_gist_in ltree_gist_out ltree_gt ltree_in ltree_isparent ltree_le ltree_lt ltree_ne ltree_out
        ltree_risparent ltree_send ltree_textadd ltxtq_exec ltxtq_in ltxtq_out ltxtq_rexec ltxtq_send nlevel subltree
        subpath text2ltree`,
    },
  ],
  pg_trgm: [
    {
      why: 'A threshold kept in the session.',
      entry: { effect: 'Session', leaks: true },
      names: `
        set_limit`,
    },
    {
      why: 'Tells it.',
      entry: { effect: 'Session' },
      names: `
        show_limit`,
    },
    {
      why: 'How alike two texts are.',
      entry: { effect: 'Read', pure: true },
      names: `
        gtrgm_in gtrgm_out show_trgm similarity similarity_dist similarity_op strict_word_similarity
        strict_word_similarity_commutator_op strict_word_similarity_dist_commutator_op strict_word_similarity_dist_op
        strict_word_similarity_op word_similarity word_similarity_commutator_op word_similarity_dist_commutator_op
        word_similarity_dist_op word_similarity_op`,
    },
  ],
  pgcrypto: [
    {
      why: 'A property of the library.',
      entry: { effect: 'Session' },
      names: `
        fips_mode`,
    },
    {
      why: 'Digests and ciphers: the result stands on every argument, keys included.',
      entry: { effect: 'Read', pure: true },
      names: `
        armor crypt dearmor decrypt decrypt_iv digest encrypt encrypt_iv gen_random_bytes gen_random_uuid gen_salt
        hmac pgp_armor_headers pgp_key_id pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_pub_encrypt pgp_pub_encrypt_bytea
        pgp_sym_decrypt pgp_sym_decrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea`,
    },
  ],
  seg: [
    {
      why: 'Intervals of measurements.',
      entry: { effect: 'Read', pure: true },
      names: `
        seg_center seg_cmp seg_contained seg_contains seg_different seg_ge seg_gt seg_in seg_inter seg_le seg_left
        seg_lower seg_lt seg_out seg_over_left seg_over_right seg_overlap seg_right seg_same seg_size seg_union
        seg_upper`,
    },
  ],
  unaccent: [
    {
      why: 'Text without accents, by the rules of a dictionary file.',
      entry: { effect: 'Read', pure: true },
      names: `
        unaccent`,
    },
  ],
  'uuid-ossp': [
    {
      why: 'Identifiers from names, chance and the clock.',
      entry: { effect: 'Read', pure: true },
      names: `
        uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns
        uuid_ns_oid uuid_ns_url uuid_ns_x500`,
    },
  ],
}
