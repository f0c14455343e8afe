// The sources as the tests of this folder read them: every TypeScript file of the project and what it imports.
import { readdirSync, readFileSync } from 'node:fs'

export const ROOT = new URL('../', import.meta.url)

export interface Source {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly imports: readonly string[]
}

const NOT_OURS = new Set(['node_modules', 'state'])

/** Every file of the project below its root, sorted. */
export function allFiles(): readonly string[] {
  const files: string[] = []
  const look = (folder: string): void => {
    for (const entry of readdirSync(new URL(folder, ROOT), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name) || entry.name.startsWith('.')) continue
      const path = `${folder}${entry.name}`
      if (entry.isDirectory()) look(`${path}/`)
      else files.push(path)
    }
  }
  look('')
  return files.sort()
}

export function readSources(): readonly Source[] {
  return allFiles()
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => {
      const text = readFileSync(new URL(path, ROOT), 'utf8')
      return { path, text, lines: text.split('\n'), imports: importsOf(text) }
    })
}

/** Made for tests: not part of what runs in a pod. */
export function isTest(path: string): boolean {
  return (
    /(\.test\.ts|\.fixture\.ts)$/.test(path) || /\/(testing|testdata)\//.test(path) || /\/testdata[^/]*\.ts$/.test(path)
  )
}

const STATEMENT =
  /^(?:import\s+(?:type\s+)?[\w*{][^'"]*?|export\s+(?:type\s+)?(?:\*[^'"{]*?|\{[^}]*\}))\s*from\s+'([^']+)'/gm
const FOR_EFFECT = /^import\s+'([^']+)'/gm
const CALL = /\bimport\(\s*'([^']+)'\s*\)/g
const REQUIRE = /\brequire(?:\.resolve)?\(\s*'([^']+)'\s*\)|createRequire\([^)]*\)\(\s*'([^']+)'\s*\)/g
const BESIDE = /new URL\(\s*'(\.[^']+\.ts)'\s*,\s*import\.meta\.url\s*\)/g

/** Specifiers of static and dynamic imports, of `require`, and of workers beside the file. */
export function importsOf(text: string): readonly string[] {
  return [STATEMENT, FOR_EFFECT, CALL, REQUIRE, BESIDE].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((found) => found[1] ?? found[2] ?? ''),
  )
}

/** Where a relative or `#` specifier leads, from the project's root; undefined for packages and Node's own modules. */
export function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (!specifier.startsWith('.')) return undefined
  return new URL(specifier, new URL(path, 'file:///')).pathname.slice(1)
}

/** `@scope/name` or `name` of a package; undefined for our own files and Node's modules. */
export function packageOf(specifier: string): string | undefined {
  if (/^[.#]/.test(specifier) || specifier.startsWith('node:')) return undefined
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

export function topFolder(path: string): string {
  return path.split('/')[0] ?? ''
}
