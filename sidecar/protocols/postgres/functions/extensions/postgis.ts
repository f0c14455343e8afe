// PostGIS 3. Its functions on geometry and geography compute from their arguments (projections read spatial_ref_sys).
import type { Family } from '../family.ts'

export const postgis: { readonly [extension: string]: readonly Family[] } = {
  postgis: [
    {
      why: 'Read a table whose name is in pieces of text, or make one.',
      names: `
        st_findextent st_fromflatgeobuftotable`,
    },
    {
      why: 'Say from statistics or indexes how far the values of a column reach.',
      entry: { effect: 'Admin', valueBearing: true },
      names: `
        st_estimatedextent _postgis_stats _postgis_selectivity _postgis_join_selectivity _postgis_index_extent`,
    },
    {
      why: 'Change tables, triggers and locks by name.',
      entry: { effect: 'Admin' },
      names: `
        addauth addgeometrycolumn checkauth disablelongtransactions dropgeometrycolumn dropgeometrytable
        enablelongtransactions lockrow populate_geometry_columns postgis_extensions_upgrade unlockrows
        updategeometrysrid`,
    },
    {
      why: 'Versions, reference systems, constraints.',
      entry: { effect: 'Session' },
      names: `
        _postgis_deprecate _postgis_pgsql_version _postgis_scripts_pgsql_version find_srid get_proj4_from_srid
        gettransactionid longtransactionsenabled postgis_constraint_dims postgis_constraint_srid
        postgis_constraint_type postgis_full_version postgis_geos_version postgis_lib_build_date postgis_lib_revision
        postgis_lib_version postgis_libjson_version postgis_liblwgeom_version postgis_libprotobuf_version
        postgis_libxml_version postgis_proj_version postgis_scripts_build_date postgis_scripts_installed
        postgis_scripts_released postgis_svn_version postgis_type_name postgis_version postgis_wagyu_version`,
    },
    {
      why: 'Compute from their arguments.',
      entry: { effect: 'Read', pure: true },
      names: `
        _st_3ddfullywithin _st_3ddwithin _st_3dintersects _st_asgml _st_asx3d _st_bestsrid _st_contains
        _st_containsproperly _st_coveredby _st_covers _st_crosses _st_dfullywithin _st_distancetree
        _st_distanceuncached _st_dwithin _st_dwithinuncached _st_equals _st_expand _st_geomfromgml _st_intersects
        _st_linecrossingdirection _st_longestline _st_maxdistance _st_orderingequals _st_overlaps _st_pointoutside
        _st_sortablehash _st_touches _st_voronoi _st_within box box2d box2d_in box2d_out box2df_in box2df_out box3d
        box3d_in box3d_out box3dtobox bytea contains_2d equals geography geography_cmp geography_distance_knn
        geography_eq geography_ge geography_gt geography_in geography_le geography_lt geography_out geography_overlaps
        geography_send geography_typmod_in geography_typmod_out geometry geometry_above geometry_below geometry_cmp
        geometry_contained_3d geometry_contains geometry_contains_3d geometry_contains_nd geometry_distance_box
        geometry_distance_centroid geometry_distance_centroid_nd geometry_distance_cpa geometry_eq geometry_ge
        geometry_gt geometry_hash geometry_in geometry_le geometry_left geometry_lt geometry_out geometry_overabove
        geometry_overbelow geometry_overlaps geometry_overlaps_3d geometry_overlaps_nd geometry_overleft
        geometry_overright geometry_right geometry_same geometry_same_3d geometry_same_nd geometry_send
        geometry_typmod_in geometry_typmod_out geometry_within geometry_within_nd geometrytype geomfromewkb
        geomfromewkt gidx_in gidx_out is_contained_2d json jsonb overlaps_2d overlaps_geog overlaps_nd path point
        polygon postgis_addbbox postgis_dropbbox postgis_geos_noop postgis_getbbox postgis_hasbbox postgis_noop
        postgis_transform_geometry postgis_typmod_dims postgis_typmod_srid postgis_typmod_type spheroid_in
        spheroid_out st_3dclosestpoint st_3ddfullywithin st_3ddistance st_3ddwithin st_3dextent st_3dintersects
        st_3dlength st_3dlineinterpolatepoint st_3dlongestline st_3dmakebox st_3dmaxdistance st_3dperimeter
        st_3dshortestline st_addmeasure st_addpoint st_affine st_angle st_area st_area2d st_asbinary
        st_asencodedpolyline st_asewkb st_asewkt st_asflatgeobuf st_asgeobuf st_asgeojson st_asgml st_ashexewkb
        st_askml st_aslatlontext st_asmarc21 st_asmvt st_asmvtgeom st_assvg st_astext st_astwkb st_asx3d st_azimuth
        st_bdmpolyfromtext st_bdpolyfromtext st_boundary st_boundingdiagonal st_box2dfromgeohash st_buffer
        st_buildarea st_centroid st_chaikinsmoothing st_cleangeometry st_clipbybox2d st_closestpoint
        st_closestpointofapproach st_clusterdbscan st_clusterintersecting st_clusterkmeans st_clusterwithin st_collect
        st_collectionextract st_collectionhomogenize st_combinebbox st_concavehull st_contains st_containsproperly
        st_convexhull st_coorddim st_coveredby st_covers st_cpawithin st_crosses st_curvetoline st_delaunaytriangles
        st_dfullywithin st_difference st_dimension st_disjoint st_distance st_distancecpa st_distancesphere
        st_distancespheroid st_dump st_dumppoints st_dumprings st_dumpsegments st_dwithin st_endpoint st_envelope
        st_equals st_expand st_extent st_exteriorring st_filterbym st_flipcoordinates st_force2d st_force3d
        st_force3dm st_force3dz st_force4d st_forcecollection st_forcecurve st_forcepolygonccw st_forcepolygoncw
        st_forcerhr st_forcesfs st_frechetdistance st_fromflatgeobuf st_generatepoints st_geogfromtext st_geogfromwkb
        st_geographyfromtext st_geohash st_geomcollfromtext st_geomcollfromwkb st_geometricmedian st_geometryfromtext
        st_geometryn st_geometrytype st_geomfromewkb st_geomfromewkt st_geomfromgeohash st_geomfromgeojson
        st_geomfromgml st_geomfromkml st_geomfrommarc21 st_geomfromtext st_geomfromtwkb st_geomfromwkb st_gmltosql
        st_hasarc st_hausdorffdistance st_hexagon st_hexagongrid st_interiorringn st_interpolatepoint st_intersection
        st_intersects st_isclosed st_iscollection st_isempty st_ispolygonccw st_ispolygoncw st_isring st_issimple
        st_isvalid st_isvaliddetail st_isvalidreason st_isvalidtrajectory st_length st_length2d st_length2dspheroid
        st_lengthspheroid st_letters st_linecrossingdirection st_linefromencodedpolyline st_linefrommultipoint
        st_linefromtext st_linefromwkb st_lineinterpolatepoint st_lineinterpolatepoints st_linelocatepoint
        st_linemerge st_linestringfromwkb st_linesubstring st_linetocurve st_locatealong st_locatebetween
        st_locatebetweenelevations st_longestline st_m st_makebox2d st_makeenvelope st_makeline st_makepoint
        st_makepointm st_makepolygon st_makevalid st_maxdistance st_memcollect st_memsize st_memunion
        st_minimumboundingcircle st_minimumclearance st_minimumclearanceline st_mlinefromtext st_mlinefromwkb
        st_mpointfromtext st_mpointfromwkb st_mpolyfromtext st_mpolyfromwkb st_multi st_multilinefromwkb
        st_multilinestringfromtext st_multipointfromtext st_multipointfromwkb st_multipolyfromwkb
        st_multipolygonfromtext st_ndims st_node st_normalize st_npoints st_nrings st_numgeometries st_numinteriorring
        st_numinteriorrings st_numpatches st_numpoints st_offsetcurve st_orderingequals st_orientedenvelope
        st_overlaps st_patchn st_perimeter st_perimeter2d st_point st_pointfromgeohash st_pointfromtext
        st_pointfromwkb st_pointinsidecircle st_pointm st_pointn st_pointonsurface st_points st_pointz st_pointzm
        st_polyfromtext st_polyfromwkb st_polygon st_polygonfromtext st_polygonfromwkb st_polygonize st_project
        st_quantizecoordinates st_reduceprecision st_relate st_relatematch st_removepoint st_removerepeatedpoints
        st_reverse st_rotate st_rotatex st_rotatey st_rotatez st_scale st_scroll st_segmentize st_seteffectivearea
        st_setpoint st_setsrid st_sharedpaths st_shiftlongitude st_shortestline st_simplify st_simplifypolygonhull
        st_simplifypreservetopology st_simplifyvw st_snap st_snaptogrid st_split st_square st_squaregrid st_srid
        st_startpoint st_subdivide st_summary st_swapordinates st_symdifference st_symmetricdifference st_touches
        st_transform st_translate st_transscale st_triangulatepolygon st_unaryunion st_union st_voronoilines
        st_voronoipolygons st_within st_wkbtosql st_wkttosql st_wrapx st_x st_xmax st_xmin st_y st_ymax st_ymin st_z
        st_zmax st_zmflag st_zmin text`,
    },
    {
      why: 'The same, of versions 3.4 to 3.6.',
      entry: { effect: 'Read', pure: true },
      names: `
        postgis_srs postgis_srs_all postgis_srs_codes postgis_srs_search st_clusterintersectingwin st_clusterwithinwin
        st_coverageclean st_coverageinvalidedges st_coveragesimplify st_coverageunion st_curven st_hasm st_hasz
        st_inversetransformpipeline st_largestemptycircle st_lineextend st_numcurves st_removeirrelevantpointsforview
        st_removesmallparts st_transformpipeline st_maximuminscribedcircle`,
    },
  ],
}
