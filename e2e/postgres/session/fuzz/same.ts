// Answers that the gateway words itself, where it knows a thing before the server does.

/**
 * A name that does not exist is refused when the message is taken; the server may find first that the transaction has
 * failed, or that the portal is running or has run.
 */
const NAMELESS = /^E ERROR (25P02|26000|34000|54001|55000)$/

export function same(answers: readonly string[]): readonly string[] {
  return answers.map((answer) => (NAMELESS.test(answer) ? 'E ERROR nothing to run' : answer))
}

/** While a mask is in force a changed setting is told only where the agent's own words set it. */
export function sameButSettings(answers: readonly string[]): readonly string[] {
  return same(answers).filter((answer) => !answer.startsWith('S '))
}
