// numeric's binary format (src/backend/utils/adt/numeric.c, numeric_send): four 16-bit words, count of digits, weight of
// the first, sign and display scale, then the digits in base 10,000.

const POSITIVE = 0x0000
const NEGATIVE = 0x4000
const NAN = 0xc000
const INFINITY = 0xd000
const MINUS_INFINITY = 0xf000
const HEADER = 8

/** The decimal text the server would print; undefined if the bytes are no numeric or it is longer than `bound`. */
export function decodeNumeric(source: Buffer, start: number, end: number, bound = 1024): string | undefined {
  if (end - start < HEADER) return undefined
  const count = source.readUInt16BE(start)
  const weight = source.readInt16BE(start + 2)
  const sign = source.readUInt16BE(start + 4)
  const scale = source.readUInt16BE(start + 6)
  if (end - start !== HEADER + 2 * count) return undefined
  if (sign === NAN) return 'NaN'
  if (sign === INFINITY) return 'Infinity'
  if (sign === MINUS_INFINITY) return '-Infinity'
  if (sign !== POSITIVE && sign !== NEGATIVE) return undefined
  if ((weight + 1) * 4 + scale > bound) return undefined

  const group = (index: number): string => {
    const value = index >= 0 && index < count ? source.readUInt16BE(start + HEADER + 2 * index) : 0
    return value.toString().padStart(4, '0')
  }
  let whole = ''
  for (let i = 0; i <= weight; i++) whole += group(i)
  let fraction = ''
  for (let i = weight + 1; fraction.length < scale; i++) fraction += group(i)
  const integer = whole.replace(/^0+(?=\d)/, '') || '0'
  return `${sign === NEGATIVE ? '-' : ''}${integer}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`
}

/** A whole number, not negative. */
export function encodeNumeric(value: bigint, out: Buffer): number {
  const groups: number[] = []
  for (let rest = value; rest > 0n; rest /= 10000n) groups.unshift(Number(rest % 10000n))
  out.writeUInt16BE(groups.length, 0)
  out.writeInt16BE(groups.length === 0 ? 0 : groups.length - 1, 2)
  out.writeUInt16BE(POSITIVE, 4)
  out.writeUInt16BE(0, 6)
  groups.forEach((group, i) => {
    out.writeUInt16BE(group, HEADER + 2 * i)
  })
  return HEADER + 2 * groups.length
}
