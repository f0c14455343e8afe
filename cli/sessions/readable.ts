// What can be read in bytes that no decoder knows.

/** Runs of readable text in bytes that no decoder knows. */
export function readable(bytes: Buffer): string {
  const runs = bytes.toString('utf8').match(/[^\p{Cc}\p{Cn}\ufffd]{3,}/gu) ?? []
  return runs.join(' · ')
}
