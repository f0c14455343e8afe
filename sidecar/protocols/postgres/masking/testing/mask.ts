// A mask as the tables of this folder's tests need it: as strict as can be but for what they are about.
import type { Mask } from '#sidecar/masking/mask.ts'

export function maskOf(about: Partial<Mask>): Mask {
  return {
    policy: 'data/analysts',
    name: 'pii',
    strategy: 'Partial',
    columns: [],
    detectors: [],
    fields: [],
    predicates: 'Deny',
    copies: 'Deny',
    writes: 'Deny',
    mode: 'Enforce',
    ...about,
  }
}
