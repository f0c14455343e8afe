// What evaluating a condition can cost, from its syntax tree and the sizes of the values it reads.
//
// The bound is found before evaluation, by walking the tree with sizes in place of values: an expression that could
// loop over a list inside a loop is charged for it whether or not it will. At admission the sizes are assumed
// (`ASSUMED`); at run time they are the real ones, so a hostile statement with ten thousand parameters cannot turn
// a cheap condition into an expensive one. A unit is about the time of one operator, some tens of nanoseconds.
import type { ASTNode } from '@marcbachmann/cel-js'

/** What one evaluation may cost: a few milliseconds. */
export const BUDGET = 100_000

export interface Size {
  /** How many items a loop over the value would see at most. */
  readonly items: number
  /** Everything in it: one per item at any depth, and one per hundred characters. */
  readonly weight: number
}

/** What a fact is assumed to hold when a condition is admitted: fifty strings of fifty characters. */
export const ASSUMED: Size = { items: 50, weight: 75 }
/** And one that is declared to be a string. */
export const ASSUMED_TEXT: Size = { items: 1, weight: 2 }

/** Characters that one unit pays for where a function only scans or copies them. */
export const CHARACTERS = 100

export interface Sizes {
  /** By variable name; facts are asked as `facts.NAME`. */
  value(path: string): Size
  /** Of the program that a literal pattern was compiled to. */
  pattern(pattern: string): number
}

export function costOf(node: ASTNode, sizes: Sizes): number {
  return walk(node, new Map(), sizes).cost
}

interface Cost extends Size {
  readonly cost: number
}

type Bound = ReadonlyMap<string, Size>

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const LOGIC: ReadonlySet<string> = new Set(['&&', '||'])
/** Through Intl, which makes a formatter for every call. */
const CLOCK_COST = 1_000
/** Linear in the text, and at worst every character is shown to every instruction of the pattern. */
const PATTERN_COST = CHARACTERS / 4

function walk(node: ASTNode, bound: Bound, sizes: Sizes): Cost {
  switch (node.op) {
    case 'value':
      return { cost: 1, items: 1, weight: typeof node.args === 'string' ? 1 + node.args.length / CHARACTERS : 1 }
    case 'id':
      return { cost: 1, ...(bound.get(node.args) ?? sizes.value(node.args)) }
    case '.': {
      const [object, field] = node.args
      if (object.op === 'id' && object.args === 'facts' && !bound.has('facts')) {
        return { cost: 2, ...sizes.value(`facts.${field}`) }
      }
      const of = walk(object, bound, sizes)
      return { ...of, cost: of.cost + 1 }
    }
    case 'list':
      return sum(node.args, bound, sizes)
    case 'map':
      return sum(node.args.flat(), bound, sizes)
    case 'call':
      return called(node.args[0], sum(node.args[1], bound, sizes))
    case 'rcall': {
      const [name, receiver, args] = node.args
      if (LOOPS.has(name)) return loop(walk(receiver, bound, sizes), args, bound, sizes)
      if (name === 'bind' && args[0]?.op === 'id') return binding(args, bound, sizes)
      if (name.toLowerCase().endsWith('matches')) return matching(walk(receiver, bound, sizes), args, sizes)
      return called(name, sum([receiver, ...args], bound, sizes))
    }
    case '!_':
    case '-_':
      return one(walk(node.args, bound, sizes).cost + 1)
    case '?:': {
      const [condition, ...branches] = node.args.map((branch) => walk(branch, bound, sizes))
      return {
        cost: (condition?.cost ?? 0) + Math.max(...branches.map(({ cost }) => cost)) + 1,
        items: Math.max(...branches.map(({ items }) => items)),
        weight: Math.max(...branches.map(({ weight }) => weight)),
      }
    }
    case '+': {
      const both = sum(node.args, bound, sizes)
      return { ...both, cost: both.cost + both.weight }
    }
    case '[]': {
      const both = sum(node.args, bound, sizes)
      return { ...both, items: both.weight }
    }
    default: {
      // Comparisons, membership, arithmetic and logic: at most both operands are looked at once.
      const both = sum(operands(node.args), bound, sizes)
      return one(both.cost + (LOGIC.has(node.op) ? 1 : both.weight))
    }
  }
}

function one(cost: number): Cost {
  return { cost, items: 1, weight: 1 }
}

function sum(nodes: readonly ASTNode[], bound: Bound, sizes: Sizes): Cost {
  let cost = 1
  let items = 0
  let weight = 1
  for (const node of nodes) {
    const of = walk(node, bound, sizes)
    cost += of.cost
    items += of.items
    weight += of.weight
  }
  return { cost, items, weight }
}

/** The pattern is a literal, compiled when the policy was. */
function matching({ cost, weight }: Cost, [pattern]: readonly ASTNode[], sizes: Sizes): Cost {
  const program = pattern?.op === 'value' && typeof pattern.args === 'string' ? sizes.pattern(pattern.args) : BUDGET
  return one(cost + weight * (2 * CHARACTERS + program * PATTERN_COST))
}

function called(name: string, { cost, weight }: Cost): Cost {
  if (name.startsWith('get')) return one(cost + CLOCK_COST)
  // A text can split into its characters, and a separator can be repeated once per item.
  if (name === 'split')
    return { cost: cost + weight * CHARACTERS, items: weight * CHARACTERS, weight: weight * CHARACTERS }
  if (name === 'join') return { cost: cost + weight ** 2, items: 1, weight: weight ** 2 }
  return { cost: cost + weight, items: weight, weight }
}

// The items of a list share its weight, so a step that looks at each item once costs the average times their number. A
// step that loops over the item again could meet all the weight in one item: then that is what is charged.
function loop(over: Cost, args: readonly ASTNode[], bound: Bound, sizes: Sizes): Cost {
  const [variable, ...steps] = args
  if (variable?.op !== 'id') return { ...over, cost: over.cost + 1 }
  const average = Math.max(1, over.weight / Math.max(1, over.items))
  const again = steps.some((step) => loopsOver(step, variable.args))
  const item = again ? { items: over.weight, weight: over.weight } : { items: average, weight: average }
  const step = sum(steps, new Map(bound).set(variable.args, item), sizes)
  return { cost: over.cost + over.items * (step.cost + 1), items: over.items, weight: over.items * step.weight }
}

function loopsOver(node: ASTNode, variable: string): boolean {
  if (node.op === 'rcall') {
    const [name, receiver] = node.args
    if ((LOOPS.has(name) || name === 'split' || name === 'join') && mentions(receiver, variable)) return true
  }
  return operands(node.args).some((child) => loopsOver(child, variable))
}

function mentions(node: ASTNode, variable: string): boolean {
  if (node.op === 'id') return node.args === variable
  return operands(node.args).some((child) => mentions(child, variable))
}

function binding(args: readonly ASTNode[], bound: Bound, sizes: Sizes): Cost {
  const [variable, value, body] = args
  if (variable?.op !== 'id' || value === undefined || body === undefined) return one(1)
  const of = walk(value, bound, sizes)
  const result = walk(body, new Map(bound).set(variable.args, of), sizes)
  return { ...result, cost: of.cost + result.cost }
}

/** Every node directly below, however the operator keeps them. */
export function operands(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(operands)
  return isNode(args) ? [args] : []
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}
