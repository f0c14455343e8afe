// One JavaScript file per program, but for what it imports when it is needed, with everything it reads at run time beside it.
//
// Sources find their files and workers by `import.meta.url`. In a bundle all of them would be where the bundle is, so each
// module keeps its own place: `/app/crds/definitions.ts` stays that, and what it names with `new URL('…', import.meta.url)`
// is copied to where it will look. A `${…}` in such a name stands for whatever matches.
import { copyFile, cp, glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')

/** Packages that load files of their own, copied instead of bundled. */
const COPIED_PACKAGES = ['libpg-query']

/** What CommonJS modules in the bundle call. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** Bundles the entry point into `folder`, at its own path with the ending .js; returns that path. */
export async function bundle(entry: string, folder: string): Promise<string> {
  const pending = new Set([entry])
  const done = new Set<string>()
  for (const file of pending) {
    done.add(file)
    const found = await bundleOne(file, folder)
    for (const worker of found.workers) if (!done.has(worker)) pending.add(worker)
    for (const path of found.files) await place(path, folder)
  }
  for (const name of COPIED_PACKAGES) await copyPackage(name, folder)
  const { name, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version, type: 'module' }))
  return scriptOf(entry)
}

interface Beside {
  readonly workers: Set<string>
  readonly files: Set<string>
}

async function bundleOne(entry: string, folder: string): Promise<Beside> {
  const beside: Beside = { workers: new Set(), files: new Set() }
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: join(folder, dirname(entry)),
    // What is imported when it is needed stays apart, beside the program.
    splitting: true,
    chunkNames: '[name]-[hash]',
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: BANNER },
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true, // names of classes and functions are in messages
    legalComments: 'none',
    logLevel: 'error',
    external: COPIED_PACKAGES.flatMap((name) => [name, `${name}/*`]),
    plugins: [keepPlaces(entry, beside), BUILT_IN],
  })
  return beside
}

/**
 * Node's own modules are taken as they are. Where a module imports one, Node first reads all that it exports, and of some that loads much
 * more: `node:http` has WebSocket, which is all of undici, 60 ms and 5 MB.
 */
const BUILT_IN: Plugin = {
  name: 'built-in',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined
      // What `import()` gives has the names that are exported; of such a stand-in it would have the default alone.
      return kind === 'dynamic-import' ? { path, external: true } : { path, namespace: 'built-in' }
    })
    onLoad({ filter: /./, namespace: 'built-in' }, ({ path }) => {
      return { contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }
    })
  },
}

const NAMED_BESIDE = /new URL\(\s*(?:'([^']+)'|`([^`]+)`)\s*,\s*import\.meta\.url\s*,?\s*\)/g

/** Gives each module of ours the `import.meta` it has in the sources, and notes what it names beside itself. */
function keepPlaces(entry: string, beside: Beside): Plugin {
  const up = relative(dirname(entry), '.') || '.'
  return {
    name: 'keep-places',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const own = relative(ROOT, path)
        if (own.startsWith('node_modules/') || own.startsWith('..')) return undefined
        const source = await readFile(path, 'utf8')
        for (const [, literal, template] of source.matchAll(NAMED_BESIDE)) {
          const name = join(dirname(own), literal ?? template?.replaceAll(/\$\{[^}]*\}/g, '*') ?? '')
          if (name.endsWith('.ts')) beside.workers.add(name)
          else for await (const match of glob(name, { cwd: ROOT })) beside.files.add(match)
        }
        const at = `new URL(${JSON.stringify(`${up}/${own}`)}, import.meta.url)`
        const contents = source
          .replaceAll(/(new URL\(\s*'[^']+)\.ts('\s*,\s*import\.meta\.url)/g, '$1.js$2')
          .replaceAll(/\bimport\.meta\.url\b/g, `${at}.href`)
          .replaceAll(/\bimport\.meta\.filename\b/g, `process.getBuiltinModule('node:url').fileURLToPath(${at})`)
          .replaceAll(
            /\bimport\.meta\.dirname\b/g,
            `process.getBuiltinModule('node:url').fileURLToPath(new URL('.', ${at})).slice(0, -1)`,
          )
          .replaceAll(/\bimport\.meta\.main\b/g, own === entry ? 'true' : 'false')
        return { contents, loader: 'ts' }
      })
    },
  }
}

function scriptOf(path: string): string {
  return path.replace(/\.ts$/, '.js')
}

async function place(path: string, folder: string): Promise<void> {
  const target = join(folder, path)
  await mkdir(dirname(target), { recursive: true })
  await copyFile(join(ROOT, path), target)
}

async function copyPackage(name: string, folder: string): Promise<void> {
  await cp(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), {
    recursive: true,
    filter: (path) => !/\.(md|d\.ts|map)$/.test(path),
  })
}
