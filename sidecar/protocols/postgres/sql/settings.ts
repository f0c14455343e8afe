// SET, RESET, SHOW and set_config(): one meaning, two spellings.
import type { EffectivePath } from '../catalog/model.ts'
import { classifySetting, foldSetting, holdsSecret, isPinnedValue } from '../functions/settings.ts'
import type { Analysis } from './analysis.ts'
import { splitName } from './names.ts'
import type { SessionChange } from './statement.ts'

/** Adds the part and the change for giving a setting a value; undefined name or value: it is only known when it runs. */
export function changeSetting(
  analysis: Analysis,
  name: string | undefined,
  value: string | undefined,
  local: boolean,
): void {
  if (name === undefined) {
    analysis.part('set', 'Admin', { kind: 'setting', name: ANY_SETTING })
    analysis.opaque()
    return
  }
  const setting = foldSetting(name)
  const object = { kind: 'setting', name: setting }
  switch (classifySetting(setting)) {
    case 'SearchPath':
      analysis.part('set', 'Session', object)
      analysis.changes.push({ kind: 'setSearchPath', local, value: value === undefined ? 'unknown' : splitPath(value) })
      return
    case 'Pinned':
      analysis.part('set', value !== undefined && isPinnedValue(setting, value) ? 'Session' : 'Admin', object)
      analysis.changes.push({ kind: 'set', name: setting, local, value })
      return
    case 'Session':
      analysis.part('set', 'Session', object)
      analysis.changes.push({ kind: 'set', name: setting, local, value })
      return
    case 'Admin':
      analysis.part('set', 'Admin', object)
      analysis.changes.push({ kind: 'set', name: setting, local, value })
  }
}

/** Which one is only known when it runs. */
export const ANY_SETTING = '*'

/** All of them together (SHOW ALL, pg_settings) the server shows without what is secret. */
export function readSetting(analysis: Analysis, name: string): void {
  const folded = foldSetting(name)
  const secret = folded === ANY_SETTING || holdsSecret(folded)
  analysis.part('show', secret ? 'Admin' : 'Session', { kind: 'setting', name: folded })
}

/** The elements of a search_path given as one string: `"$user", public`. */
export function splitPath(value: string): readonly string[] | 'unknown' {
  if (value.trim() === '') return []
  const elements: string[] = []
  let rest = value
  for (;;) {
    const element = /^\s*("(?:[^"]|"")*"|[^,"]*)\s*(,|$)/.exec(rest)
    if (element === null) return 'unknown'
    const text = (element[1] ?? '').trim()
    if (text === '""') elements.push('')
    else {
      const name = splitName(text)
      if (name?.length !== 1 || name[0] === undefined) return 'unknown'
      elements.push(name[0])
    }
    if (element[2] === '') return elements
    rest = rest.slice(element[0].length)
  }
}

/** Where unqualified names are looked up for a search_path value (manual §5.10.5): temp and pg_catalog come first unless named. */
export function effectivePath(
  value: readonly string[],
  session: { readonly user: string | undefined; readonly temporarySchema: string | undefined },
): EffectivePath {
  const path: string[] = []
  for (const element of value) {
    if (element === '$user') {
      if (session.user !== undefined) path.push(session.user)
    } else if (element === 'pg_temp') {
      if (session.temporarySchema !== undefined) path.push(session.temporarySchema)
    } else if (element !== '') path.push(element)
  }
  if (!path.includes('pg_catalog')) path.unshift('pg_catalog')
  if (session.temporarySchema !== undefined && !path.includes(session.temporarySchema)) {
    path.unshift(session.temporarySchema)
  }
  return [...new Set(path)]
}

export type PathChange = Extract<SessionChange, { kind: 'setSearchPath' }>
