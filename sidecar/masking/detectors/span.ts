// Where a detector found something. One object is reused for a whole scan: finding nothing, the usual case, costs nothing.
//
// A `find…` function looks at the trigger byte at `at`, back as far as `from` and forward as far as `end`, both bounded by
// the detector's own maximum, so a scan is linear. It answers whether the span was set.

export interface Span {
  start: number
  end: number
}
