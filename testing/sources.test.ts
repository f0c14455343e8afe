// Imports are found however they are written: a border that overlooks one is none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importsOf, isTest, packageOf, targetOf } from './sources.ts'

// With " in place of ', so that these texts are not taken for imports of this file.
const TEXTS: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'on one line': ['import { a } from "./a.ts"', ['./a.ts']],
  'over several lines': ['import {\n  a,\n  b,\n} from "#crds/a.ts"', ['#crds/a.ts']],
  'of a type': ['import type { A } from "ajv"', ['ajv']],
  'a default and names': ['import a, { b } from "pkg/sub.js"', ['pkg/sub.js']],
  'of everything': ['import * as read from "./m.ts"', ['./m.ts']],
  'for its effect': ['import "./a.ts"', ['./a.ts']],
  'passed on': ['export { a } from "./a.ts"\nexport * from "./b.ts"', ['./a.ts', './b.ts']],
  'when it is needed': ['const a = (await import("./a.ts")).run', ['./a.ts']],
  'as a type in place': ['let a: import("./a.ts").A', ['./a.ts']],
  'by require': ['createRequire(import.meta.url)("pkg/wasm.js")', ['pkg/wasm.js']],
  'as a worker': ['new Worker(new URL("./worker.ts", import.meta.url))', ['./worker.ts']],
  'but not out of a statement': ['const sql = `select a from "x"`', []],
}

for (const [name, [text, expected]] of Object.entries(TEXTS)) {
  test(`an import ${name}`, () => assert.deepEqual(importsOf(text.replaceAll('"', "'")), expected))
}

test('a specifier leads to a file of ours or to a package', () => {
  assert.equal(targetOf('cli/demo/run.ts', '../io.ts'), 'cli/io.ts')
  assert.equal(targetOf('cli/demo/run.ts', '#sidecar/gate.ts'), 'sidecar/gate.ts')
  assert.equal(targetOf('cli/demo/run.ts', 'pg'), undefined)
  assert.equal(packageOf('pkg/deep/file.js'), 'pkg')
  assert.equal(packageOf('@scope/pkg/file.js'), '@scope/pkg')
  assert.equal(packageOf('node:fs'), undefined)
})

test('what is made for tests is told from what runs', () => {
  assert.deepEqual(
    ['a/b.test.ts', 'a/b.fixture.ts', 'a/testing/b.ts', 'a/testdata/b.ts', 'a/testdata.ts', 'a/testdata-writer.ts'].map(
      isTest,
    ),
    [true, true, true, true, true, true],
  )
  assert.deepEqual(['a/test.ts', 'a/contest/b.ts', 'a/latest.ts'].map(isTest), [false, false, false])
})
