// What the judge says where it cannot decide.
import { WHY_SEPARATELY } from '../decide.ts'
import { type RefusalText, Sqlstate } from './refusals.ts'

export const UNCHECKED: RefusalText = {
  sqlstate: Sqlstate.connectionFailure,
  message: 'the gateway has no current catalog of the database, so it cannot tell what a statement touches',
  hint: 'Either its own connection to the target is down (its log says why), or others changed the schema during this transaction: roll back and try again.',
}

/** In the server's words: it does not look at names in a failed transaction. */
export const ABORTED: RefusalText = {
  sqlstate: '25P02',
  message: 'current transaction is aborted, commands ignored until end of transaction block',
}

export const UNCERTAIN: RefusalText = {
  sqlstate: Sqlstate.featureNotSupported,
  message:
    'something before it in the same pipeline or failed transaction changed what names mean, and the policies in force depend on that, so it cannot be decided',
  hint: 'Send Sync (or end the transaction) after the change, and the rest behind it.',
}

export const UNMASKABLE: RefusalText = {
  sqlstate: Sqlstate.insufficientPrivilege,
  message: 'a function call by message has a result that cannot be masked, and a masking rule is in force',
  hint: 'Call the function in a SELECT.',
}

export const SEPARATELY: RefusalText = {
  sqlstate: Sqlstate.featureNotSupported,
  message: WHY_SEPARATELY,
  hint: 'Send it as a message of its own, and the rest after it.',
}
