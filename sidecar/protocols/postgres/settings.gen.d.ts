// Generated from the schemas by compile-checks.ts. Do not edit.
import type { Check } from '#crds/misfits.ts'
export const settings: Check
