// Documents say what is there: their links lead somewhere, and the paths and commands that they name exist.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { allFiles, ROOT } from './sources.ts'

const FILES = allFiles()
const DOCUMENTS = FILES.filter((path) => path.endsWith('.md') && !path.includes('/testdata/'))

/** Where paths in text may begin, besides the root: documents name files below the folder they speak of. */
const BASES = ['', 'sidecar/', 'sidecar/protocols/', 'sidecar/protocols/postgres/', 'e2e/corpus/']

for (const path of DOCUMENTS) {
  const text = readFileSync(new URL(path, ROOT), 'utf8')
  describe(path, () => {
    test('links lead to files, and to headings in them', () => {
      const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((found) => found[1] ?? '')
        .filter((link) => !/^[a-z]+:/.test(link) && !leads(path, link))
      assert.deepEqual(broken, [])
    })

    test('paths in code exist', () => {
      const missing = [...outsideBlocks(text).matchAll(/`([\w./-]+)`/g)]
        .map((found) => found[1] ?? '')
        .filter((name) => isPath(name) && !BASES.some((base) => existsSync(new URL(`${base}${name}`, ROOT))))
        // A file may be named by its last part where the sentence has given the folder.
        .filter((name) => name.includes('/') || !FILES.some((file) => file.endsWith(`/${name}`)))
      assert.deepEqual([...new Set(missing)], [])
    })

    test('make targets exist', () => {
      const makefile = readFileSync(new URL('Makefile', ROOT), 'utf8')
      const targets = [...text.matchAll(/(?:^|`)make ([a-z0-9-]+)/gm)].map((found) => found[1] ?? '')
      const missing = targets.filter((target) => !new RegExp(`^${target}:`, 'm').test(makefile))
      assert.deepEqual(missing, [])
    })
  })
}

test('every document is in the index, and every decision in its list', () => {
  const index = readFileSync(new URL('docs/README.md', ROOT), 'utf8')
  const decisions = readFileSync(new URL('docs/adr/README.md', ROOT), 'utf8')
  const pages = DOCUMENTS.filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md')
  const records = DOCUMENTS.filter((path) => /^docs\/adr\/\d/.test(path))
  assert.deepEqual(
    [
      ...pages.filter((path) => !index.includes(`(${path.slice('docs/'.length)})`)),
      ...records.filter((path) => !decisions.includes(`(${path.slice('docs/adr/'.length)})`)),
    ],
    [],
  )
})

test('decisions are numbered without gaps, and each says context, decision and consequences', () => {
  const records = DOCUMENTS.filter((path) => /^docs\/adr\/\d/.test(path))
  for (const [index, path] of records.entries()) {
    const text = readFileSync(new URL(path, ROOT), 'utf8')
    assert.match(path, new RegExp(`/${String(index + 1).padStart(4, '0')}-`))
    assert.deepEqual(
      [...text.matchAll(/^## (.+)$/gm)].map((found) => found[1]),
      ['Context', 'Decision', 'Consequences'],
      path,
    )
  }
})

/** A file of ours or a folder. With a part in capitals it stands for any. */
function isPath(name: string): boolean {
  if (/(^|\/)[A-Z]+(\/|$)/.test(name)) return false
  return (
    /\.(ts|yaml|jsonl|txt|json)$/.test(name) ||
    /^(sidecar|cli|crds|contracts|e2e|bench|docs|testing)\/[\w./-]*$/.test(name)
  )
}

function outsideBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '')
}

function leads(from: string, link: string): boolean {
  const [target = '', heading] = link.split('#')
  const url = target === '' ? new URL(from, ROOT) : new URL(target, new URL(from, ROOT))
  if (!existsSync(url)) return false
  if (heading === undefined || !url.pathname.endsWith('.md')) return true
  return headingsOf(readFileSync(url, 'utf8')).includes(heading)
}

/** As GitHub makes anchors of headings. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((found) =>
    (found[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
