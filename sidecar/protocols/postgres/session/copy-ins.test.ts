import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CopyIns } from './copy-ins.ts'
import type { Running } from './running.ts'

/** What happens, in words: `+a` COPY a is forwarded, `-a` it is over, `.` data comes, `;` CopyDone. Returns whose the data was. */
function whose(script: string): string {
  const ins = new CopyIns()
  const runs = new Map<string, Running>()
  let said = ''
  for (const [, what, name = ''] of script.matchAll(/([-+.;])([a-z]?)/g)) {
    if (what === '+')
      runs.set(
        name,
        runNamed(name, (text) => (said += text)),
      )
    const run = runs.get(name)
    if (what === '+' && run) ins.add(run)
    if (what === '-' && run) ins.remove(run)
    if (what === '.') ins.data(Buffer.alloc(8), 0, 8)
    if (what === ';') ins.fed()
  }
  return `${said}${ins.any ? ' open' : ''}`
}

function runNamed(name: string, say: (text: string) => void): Running {
  return { ticket: { input: () => say(name) } } as unknown as Running
}

const SCRIPTS: Readonly<Record<string, readonly [script: string, whose: string]>> = {
  'one COPY': ['+a . . ; -a', 'aa'],
  'one that is not over yet': ['+a .', 'a open'],
  'two of one message': ['+a +b . ; -a . . ; -b', 'abb'],
  'the second gets its data before the first is over': ['+a +b . ; . -a . ; -b', 'abb'],
  'the first fails while its data comes': ['+a +b . -a -b .', 'a'],
  'the second is gone, the first goes on': ['+a +b . -b . ; -a', 'aa'],
  'data behind the last CopyDone is for nobody else': ['+a . ; .', 'aa open'],
  'more CopyDone than COPYs': ['+a ; ; ; -a +b .', 'b open'],
  'nothing is under way': ['. ; .', ''],
  'another COPY later': ['+a . ; -a +b . ; -b', 'ab'],
}

for (const [what, [script, expected]] of Object.entries(SCRIPTS)) {
  test(`data goes to the COPY that it is for: ${what}`, () => {
    assert.equal(whose(script), expected)
  })
}
