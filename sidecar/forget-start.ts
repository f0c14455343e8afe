// What a start leaves behind: 10 of 98 MB, which V8 would keep until something is busy. Asked once, when all is open.
export function forgetStart(): void {
  const collect = globalThis.gc
  // Without --expose-gc (v8-options.ts) it takes its time.
  if (collect === undefined) return
  // By then everything that the start began has come to its end.
  setTimeout(() => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }), SETTLED_MILLISECONDS).unref()
}

const SETTLED_MILLISECONDS = 1_000
