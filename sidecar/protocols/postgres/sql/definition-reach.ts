// What a definition reaches besides what it names.
import type { ObjectRef } from '#sidecar/action.ts'
import { apart } from '../catalog/qualified.ts'
import type { Analysis } from './analysis.ts'
import { objectOf } from './relations.ts'

/** The relations of a schema. */
export function inside(schema: string, analysis: Analysis): readonly ObjectRef[] {
  return [...analysis.environment.catalog.userRelations()].filter((one) => one.schema === schema).map(objectOf)
}

/** Views that stand on it. */
export function dependents(object: ObjectRef, analysis: Analysis): readonly ObjectRef[] {
  const views = [...analysis.environment.catalog.userRelations()].filter(({ definition }) => definition !== undefined)
  return views
    .filter((view) =>
      analysis.lookThrough(view).covers.some((one) => one.kind === object.kind && one.name === object.name),
    )
    .map(objectOf)
}

/** What calls the routine now calls the new one from then on, without anybody's asking. */
export function replaces({ kind, name }: ObjectRef, analysis: Analysis): boolean {
  return kind === 'function' && analysis.environment.catalog.routines(...apart(name)).length > 0
}
