import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { AnswerReader } from './retry-request.ts'
import { message, record } from './testdata.ts'

const RETRY = createHash('sha256').update('HelloRetryRequest').digest()

function serverHello(random: Buffer): Buffer {
  return record(message(Buffer.concat([Buffer.from([3, 3]), random, Buffer.alloc(40)]), 2))
}

describe('a server’s answer to a hello', () => {
  const ANSWERS: Readonly<Record<string, { readonly bytes: Buffer; readonly is: 'retry' | 'other' | undefined }>> = {
    'a request for a second hello': { bytes: serverHello(RETRY), is: 'retry' },
    'an ordinary ServerHello': { bytes: serverHello(Buffer.alloc(32, 1)), is: 'other' },
    'an alert': { bytes: record(Buffer.from([2, 40]), 21), is: 'other' },
    'another message': { bytes: record(message(Buffer.alloc(50), 11)), is: 'other' },
    'no TLS': { bytes: Buffer.from('HTTP/1.1 400 Bad Request'), is: 'other' },
    'too little to tell': { bytes: serverHello(RETRY).subarray(0, 42), is: undefined },
    'its last byte differs': {
      bytes: serverHello(Buffer.concat([RETRY.subarray(0, 31), Buffer.alloc(1)])),
      is: 'other',
    },
  }
  for (const [why, { bytes, is }] of Object.entries(ANSWERS)) {
    test(`${why}: whole and byte by byte`, () => {
      assert.equal(new AnswerReader().push(bytes), is)
      const reader = new AnswerReader()
      let answer: ReturnType<AnswerReader['push']>
      for (const byte of bytes) {
        answer = reader.push(Buffer.from([byte]))
        if (answer !== undefined) break
      }
      assert.equal(answer, is)
    })
  }
})
