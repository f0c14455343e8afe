import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf } from '#operator/kube/api-error.ts'
import { reasonOf } from './cluster.ts'
import { NODES } from './doctor/resources.ts'

const asked = { verb: 'list', resource: NODES }

test('whoever may not do something is told to ask for the right, not to grant the operator one', () => {
  const error = errorOf(asked, 403, { message: 'nodes is forbidden' })
  assert.match(error.message, /ServiceAccount/)
  assert.equal(reasonOf(error), 'list nodes: 403 Forbidden: nodes is forbidden; ask for the right to do that')
})

test('any other error is told as it is, with its remedy', () => {
  assert.match(reasonOf(errorOf(asked, 401, {})), /^list nodes: 401 Unauthorized; the credentials are not accepted/)
  assert.equal(reasonOf(new Error('no')), 'no')
})
