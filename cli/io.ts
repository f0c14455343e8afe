// Where a command reads and writes. The process's own streams, or a test's.
export interface Output {
  write(text: string): unknown
}

export interface Io {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: Output
  readonly stderr: Output
}
