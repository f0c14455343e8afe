// Masking rules that look at content: what the detectors and JSON fields of all enforced masks together ask for.
import { DETECTOR_NAMES, type DetectorName } from '#sidecar/masking/detectors/names.ts'
import { fieldSteps } from '#sidecar/masking/field-path.ts'
import { type DocumentPath, remaining } from '#sidecar/masking/field-reach.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Inspection } from '../values/inspect.ts'

export type { Inspection } from '../values/inspect.ts'

const KNOWN: ReadonlySet<string> = new Set(DETECTOR_NAMES)

export function inspectionOf(masks: readonly Mask[]): Inspection | undefined {
  const enforced = masks.filter(({ mode }) => mode === 'Enforce')
  const detections = enforced.flatMap(({ detectors, strategy }) =>
    detectors.filter((name): name is DetectorName => KNOWN.has(name)).map((detector) => ({ detector, strategy })),
  )
  const fields = enforced.flatMap(({ fields, strategy }) =>
    fields.map((path) => ({ steps: fieldSteps(path), strategy })),
  )
  return detections.length + fields.length === 0 ? undefined : { detections, fields }
}

/**
 * For documents that are no column's: what the agent writes into a statement would come out as Hash, Tokenize or Partial make it,
 * to be compared with what they make of a protected value.
 */
export function inspectionElsewhere({ detections, fields }: Inspection): Inspection {
  return {
    detections,
    fields: fields.map(({ steps, strategy }) => ({ steps, strategy: strategy === 'Null' ? strategy : 'Redact' })),
  }
}

/** For what a path into a document leads to: its fields as seen from there. */
export function inspectionAt({ detections, fields }: Inspection, path: DocumentPath): Inspection {
  return {
    detections,
    fields: fields.flatMap(({ steps, strategy }) => remaining(steps, path).map((rest) => ({ steps: rest, strategy }))),
  }
}
