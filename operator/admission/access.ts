// Who asks, and whether they may: the API server's own authorization is the judge (SubjectAccessReview), so our verbs
// (`use`, `own`, `unenforce`, `release`) are granted by ordinary roles.

export interface UserInfo {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface AccessQuestion {
  readonly user: UserInfo
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace?: string
  readonly name: string
}

/** Rejects if the API server does not answer; the request is then refused. */
export type Authorize = (question: AccessQuestion) => Promise<boolean>

/** `you (anna) need the verb use on secrets orders-db in namespace data` */
export function needs({ user, verb, resource, namespace, name }: AccessQuestion): string {
  const place = namespace === undefined ? '' : ` in namespace ${namespace}`
  return `${user.username ?? 'the user'} needs the verb ${verb} on ${resource} ${name}${place}; ask for a role that grants it`
}
