// Amounts as resources write them: 10000, 100k, 1Mi.

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** The number that a quantity stands for. Very large ones are cut to the largest exact integer, which nothing reaches. */
export function parseQuantity(quantity: number | string): number {
  if (typeof quantity === 'number') {
    if (Number.isSafeInteger(quantity) && quantity >= 0) return quantity
    throw notAQuantity(quantity)
  }
  const [, digits, suffix] = /^([0-9]{1,12})(k|M|G|T|Ki|Mi|Gi|Ti|)$/.exec(quantity) ?? []
  const factor = FACTORS[suffix ?? 'none']
  if (digits === undefined || factor === undefined) throw notAQuantity(quantity)
  return Math.min(Number(digits) * factor, Number.MAX_SAFE_INTEGER)
}

function notAQuantity(quantity: number | string): RangeError {
  return new RangeError(
    `'${quantity}' is not an amount; write a whole number, 0 or more, with an optional suffix k, M, G, T or Ki, Mi, Gi, Ti`,
  )
}
