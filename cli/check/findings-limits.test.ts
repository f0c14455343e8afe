// What `check` finds of limits: those that cannot be counted, come too late or are got round.
import { describe } from 'node:test'
import { connection, eachFinds, type Findings, good, guardrail, policy, SECRET } from './fixtures.ts'

const ROWS = '{metric: Rows, per: Statement, max: 500}'
const ROWS_AN_HOUR = '{metric: Rows, per: Agent, window: 1h, max: 5000}'
const BYTES = '{metric: Bytes, per: Session, max: 64Ki}'
const ROUND =
  'an aggregate puts a whole table into one row, which no limit on Rows bounds; allowed: {metric: Bytes, per: Statement, max: …} beside it'
const limits = (...list: readonly string[]): string => `limits: [${list.join(', ')}]`

const FOUND: Findings = {
  'a limit that the protocol cannot count': [
    [SECRET, connection('db'), policy('limits: [{metric: AffectedRows, per: Statement, max: 10}]')],
    'spec.limits[0].metric: PostgreSQL cannot count AffectedRows; allowed: Bytes, Idle, Rows',
  ],
  'a limit on what one statement affects, which is known too late': [
    [
      connection('web', 'protocol: HTTP\n  credentials: null'),
      policy(
        'connections: [web]\n  limits: [{metric: AffectedRows, per: Session, max: 10}, {metric: AffectedRows, per: Statement, max: 10}]',
      ),
    ],
    'warning: spec.limits[1].per: rows affected are known when a statement is done, so this limit stops nothing; allowed: per Session, Pod or Agent, or a condition on facts.estimatedRows',
  ],
  'a limit on Rows that one row gets round': [
    [SECRET, connection('db'), policy(limits('{metric: Idle, per: Session, max: 15m}', ROWS, ROWS_AN_HOUR))],
    `warning: spec.limits[1].metric: ${ROUND}`,
  ],
  'the same of a cluster policy': [[...good, guardrail(limits(ROWS))], `warning: spec.limits[0].metric: ${ROUND}`],
  'a limit on Rows beside one on Bytes that only reports': [
    [SECRET, connection('db'), policy(limits(ROWS, '{metric: Bytes, per: Statement, max: 64Ki, onExceed: Alert}'))],
    `warning: spec.limits[0].metric: ${ROUND}`,
  ],
  'a limit on Rows beside another policy’s on Bytes': [
    [...good, policy(limits(ROWS)).replace('name: p', 'name: q'), guardrail(limits(BYTES))],
    `warning: spec.limits[0].metric: ${ROUND}`,
  ],
  'nothing, where Bytes are limited too, for each of anything': [
    [SECRET, connection('db'), policy(limits(BYTES, ROWS, ROWS_AN_HOUR))],
  ],
  'nothing, where a limit on Rows only reports': [
    [SECRET, connection('db'), policy(limits('{metric: Rows, per: Statement, max: 500, onExceed: Alert}'))],
  ],
  'no more of a limit on Rows than that the policy selects nothing': [
    [
      ...good,
      policy(`connections: null\n  connectionSelector: {matchLabels: {tier: gold}}\n  ${limits(ROWS)}`).replace(
        'name: p',
        'name: q',
      ),
    ],
    'warning: spec: selects no Connection; allowed: data/db',
  ],
}

describe('check finds', () => eachFinds(FOUND))
