// Text that may be stored and shown: literals become `?`, comments go, names and parameters stay.
import type { Redacted } from '#sidecar/action.ts'
import { lex, type TokenKind } from './lexer.ts'

/** Longer redacted texts are cut: records and audit events hold shapes, not scripts. */
const LONGEST = 16_384

/** The redacted form of a statement that the parser accepted. */
export function redact(statement: string): Redacted {
  let out = ''
  let end = 0
  lex(statement, (kind, from, to) => {
    const piece = redactedToken(kind, statement, from, to)
    if (piece === undefined) return undefined
    if (out !== '' && from > end) out += ' '
    out += piece
    end = to
    return out.length < LONGEST
  })
  return (out.length < LONGEST ? out : `${out.slice(0, LONGEST)}…`) as Redacted
}

function redactedToken(kind: TokenKind, text: string, from: number, to: number): string | undefined {
  switch (kind) {
    case 'comment':
      return undefined
    case 'string':
    case 'number':
    case 'broken':
      return '?'
    default:
      return text.slice(from, to)
  }
}

/** For text that does not parse: what kind of thing it began as and how long it was. Nothing else of it is safe to keep. */
export function redactUnparsed(text: string): Redacted {
  const keyword = /^\s*([A-Za-z]{2,16})\b/.exec(text.slice(0, 64))?.[1]?.toUpperCase()
  const begins = keyword !== undefined && KEYWORDS.has(keyword) ? `${keyword} … ` : ''
  return `${begins}(${Buffer.byteLength(text)} bytes, not understood)` as Redacted
}

/**
 * The parser's complaint without what it quotes: where a literal is not closed that is all of its text, and where one was
 * closed too early it is a word of it.
 */
export function redactFault(message: string): string {
  return message.replace(/ ?(?:at or near )?[":].*$/s, '')
}

const KEYWORDS = new Set(
  (
    'SELECT INSERT UPDATE DELETE MERGE WITH VALUES TABLE COPY CREATE ALTER DROP TRUNCATE GRANT REVOKE SET RESET SHOW BEGIN START ' +
    'COMMIT ROLLBACK SAVEPOINT RELEASE PREPARE EXECUTE DEALLOCATE DECLARE FETCH MOVE CLOSE EXPLAIN VACUUM ANALYZE CALL DO LOCK ' +
    'LISTEN NOTIFY UNLISTEN COMMENT REINDEX CLUSTER REFRESH DISCARD CHECKPOINT LOAD IMPORT SECURITY REASSIGN END ABORT'
  ).split(' '),
)
