import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DETECTOR_NAMES, type DetectorName } from './names.ts'
import { Scanner } from './scan.ts'

/** What each text holds, in order: `Detector: text`. An empty list is a promise too. */
const CASES: Readonly<Record<DetectorName, Readonly<Record<string, readonly [text: string, ...found: string[]]>>>> = {
  CreditCard: {
    'a Visa number in one run': ['4111111111111111', '4111111111111111'],
    'in fours with spaces': ['pay 4111 1111 1111 1111 now', '4111 1111 1111 1111'],
    'in fours with hyphens': ['4111-1111-1111-1111', '4111-1111-1111-1111'],
    'of 19 digits in fours': ['6304 0000 0000 0000 000', '6304 0000 0000 0000 000'],
    'followed by its expiry': ['4111 1111 1111 1111 12/27', '4111 1111 1111 1111'],
    'behind another number': ['12 4111 1111 1111 1111', '4111 1111 1111 1111'],
    'glued to letters': ['card4111111111111111x', '4111111111111111'],
    'American Express': ['378282246310005', '378282246310005'],
    'American Express as printed': ['3782 822463 10005', '3782 822463 10005'],
    'Diners Club as printed': ['3056 930902 5904', '3056 930902 5904'],
    Mastercard: ['5555555555554444', '5555555555554444'],
    'Mastercard of the 2 series': ['2223003122003222', '2223003122003222'],
    Discover: ['6011111111111117', '6011111111111117'],
    JCB: ['3530111333300000', '3530111333300000'],
    'Visa of 13 digits': ['4222222222222', '4222222222222'],
    Maestro: ['6759649826438453', '6759649826438453'],
    UnionPay: ['6205500000000000004', '6205500000000000004'],
    "behind an escape of JSON's that ends in digits": ['caf\\u00e94111111111111111', '4111111111111111'],
    "behind an escape of JSON's with digits only": ['\\u20134111 1111 1111 1111', '4111 1111 1111 1111'],
    "behind an escape of JSON's whose digits are apart": ['\\u0a0a4111-1111-1111-1111', '4111-1111-1111-1111'],
    "made of an escape of JSON's and what follows": ['\\u4111111111111111'],
    'two of them': ['4111111111111111,5555555555554444', '4111111111111111', '5555555555554444'],
    'a wrong check digit': ['4111111111111112'],
    'no issuer begins so': ['9111111111111111'],
    'a valid check digit at the wrong length': ['41111111111111'],
    'within a longer run': ['00041111111111111110000'],
    'the fraction of a decimal': ['0.4111111111111111'],
    'two separators in a row': ['4111--1111--1111--1111'],
    'a date and a time': ['3052 2024-01-22 10:12:00'],
  },
  IBAN: {
    German: ['DE89370400440532013000', 'DE89370400440532013000'],
    'in fours': ['IBAN: DE89 3704 0044 0532 0130 00.', 'DE89 3704 0044 0532 0130 00'],
    'in fours with hyphens': ['DE89-3704-0044-0532-0130-00', 'DE89-3704-0044-0532-0130-00'],
    'in small letters': ['gb82west12345698765432', 'gb82west12345698765432'],
    Swiss: ['CH93 0076 2011 6238 5295 7', 'CH93 0076 2011 6238 5295 7'],
    Norwegian: ['NO9386011117947', 'NO9386011117947'],
    Maltese: ['MT84MALT011000012345MTLCAST001S', 'MT84MALT011000012345MTLCAST001S'],
    'glued to a word': ['ibanDE89370400440532013000', 'DE89370400440532013000'],
    'a wrong check': ['DE88370400440532013000'],
    'a country that issues none': ['US89370400440532013000'],
    'one character too many': ['DE893704004405320130001'],
    'one character too few': ['DE8937040044053201300'],
    'groups of other lengths': ['DE8 9370400 440532013000'],
  },
  Email: {
    plain: ['jane.doe@example.org', 'jane.doe@example.org'],
    'with a tag': ['to jane+tag@mail.example.co.uk, please', 'jane+tag@mail.example.co.uk'],
    'in angle brackets': ['Jane <jane@example.org>', 'jane@example.org'],
    'an apostrophe in the name': ["o'brien@example.ie", "o'brien@example.ie"],
    'in quotation marks': ["'jane@example.org'", 'jane@example.org'],
    'beyond ASCII': ['Grüße an jörg@müller.example', 'jörg@müller.example'],
    'at the end of a sentence': ['Ask jane@example.org.', 'jane@example.org'],
    'a password and host in a URL': ['postgres://u:pw@db.example.org/x', 'pw@db.example.org'],
    'two in a list': ['a@b.io,c@d.io', 'a@b.io', 'c@d.io'],
    'no domain': ['jane@'],
    'a bare host': ['root@localhost'],
    'a handle': ['@jane on social'],
    'a numeric last label': ['x@1.2'],
    decorators: ['@Input() name'],
  },
  USSocialSecurityNumber: {
    'with hyphens': ['123-45-6789', '123-45-6789'],
    'with spaces': ['123 45 6789', '123 45 6789'],
    'with dots': ['123.45.6789', '123.45.6789'],
    "behind an escape of JSON's": ['\\u00a0123-45-6789', '123-45-6789'],
    'inside text': ['ssn 219-09-9999.', '219-09-9999'],
    'bare behind its label': ['{"ssn":"123456789"}', '123456789'],
    'bare behind words': ['social security number: 123456789', '123456789'],
    'bare without a label': ['123456789'],
    'a label too far away': ['ssn is what this was once called, and now 123456789'],
    'area 000': ['000-45-6789'],
    'area 666': ['666-45-6789'],
    'area 9xx': ['900-45-6789'],
    'group 00': ['123-00-6789'],
    'serial 0000': ['123-45-0000'],
    'mixed separators': ['123-45 6789'],
    'other groups': ['12-345-6789'],
  },
  Phone: {
    'E.164': ['+41446681800', '+41446681800'],
    'E.164 with spaces': ['call +41 44 668 18 00 today', '+41 44 668 18 00'],
    'E.164 with parentheses': ['+1 (212) 555-0123', '+1 (212) 555-0123'],
    'a trunk zero in parentheses': ['+44 (0)20 7946 0958', '+44 (0)20 7946 0958'],
    'North American with parentheses': ['(212) 555-0123', '(212) 555-0123'],
    'North American with hyphens': ['212-555-0123', '212-555-0123'],
    'North American with dots': ['212.555.0123', '212.555.0123'],
    'North American with country code': ['1-212-555-0123', '1-212-555-0123'],
    Swiss: ['044 668 18 00', '044 668 18 00'],
    British: ['020 7946 0958', '020 7946 0958'],
    French: ['06.12.34.56.78', '06.12.34.56.78'],
    'international with 00': ['0041 44 668 18 00', '0041 44 668 18 00'],
    'digits alone': ['0446681800'],
    'plus and too few': ['+1234567'],
    'plus and too many': ['+1234567890123456'],
    'a sum': ['1+2'],
    'an address': ['192.168.100.200'],
    'a date': ['01-02-2024 10'],
    'a version': ['0.12.345'],
  },
  JWT: {
    signed: [
      'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
    ],
    unsigned: ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
    encrypted: ['eyJhbGciOiJSU0EifQ.abc.def.ghi.jkl', 'eyJhbGciOiJSU0EifQ.abc.def.ghi.jkl'],
    'a header alone': ['eyJhbGciOiJub25lIn0'],
    'two parts': ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0'],
    'the letters by chance': ['heyJude. and. so on'],
  },
  AWSAccessKey: {
    'an access key id': ['AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
    'a temporary one': ['id=ASIAIOSFODNN7EXAMPLE;', 'ASIAIOSFODNN7EXAMPLE'],
    'with its secret': [
      'AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'AKIAIOSFODNN7EXAMPLE',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    ],
    'too short': ['AKIAIOSFODNN7EXAMPL'],
    'too long': ['AKIAIOSFODNN7EXAMPLEX'],
    'small letters': ['akiaiosfodnn7example'],
    'a digit that base32 lacks': ['AKIAIOSFODNN1EXAMPLE'],
  },
  PrivateKey: {
    'to its end line': [
      'x -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- y',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    ],
    'cut short': ['-----BEGIN PRIVATE KEY-----\nMIIEvQ', '-----BEGIN PRIVATE KEY-----\nMIIEvQ'],
    'inside JSON': [
      '"-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----\\n"',
      '-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----',
    ],
    'encrypted, with headers': [
      '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----',
      '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----',
    ],
    PGP: [
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n-----END PGP PRIVATE KEY BLOCK-----',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n-----END PGP PRIVATE KEY BLOCK-----',
    ],
    'a public key': ['-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
    'a certificate': ['-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
    'a rule of hyphens': ['--------------------'],
  },
  GitHubToken: {
    'a personal one': [`t=ghp_${'a1'.repeat(18)}`, `ghp_${'a1'.repeat(18)}`],
    'a fine-grained one': [
      `github_pat_${'A'.repeat(22)}_${'b'.repeat(59)}`,
      `github_pat_${'A'.repeat(22)}_${'b'.repeat(59)}`,
    ],
    'too short': ['ghp_abcdef'],
    'another prefix': [`ghx_${'a1'.repeat(18)}`],
  },
  SlackToken: {
    'of a bot': ['xoxb-123456789012-abcdefABCDEF', 'xoxb-123456789012-abcdefABCDEF'],
    'of an app': ['xapp-1-A0123456789-abc', 'xapp-1-A0123456789-abc'],
    'too short': ['xoxb-123'],
    'another prefix': ['xoxz-123456789012'],
  },
}

for (const name of DETECTOR_NAMES) {
  for (const [sentence, [text, ...expected]] of Object.entries(CASES[name])) {
    test(`${name}: ${sentence}`, () => {
      assert.deepEqual(found(new Scanner([name]), text), expected)
    })
  }
}

test('all detectors together find one of each in one text', () => {
  const text = DETECTOR_NAMES.map((name) => Object.values(CASES[name])[0]?.[1] ?? '').join(' | ')
  const scanner = new Scanner(DETECTOR_NAMES)
  const bytes = Buffer.from(text)
  const count = scanner.scan(bytes, 0, bytes.length)
  assert.deepEqual(scanner.detectors.slice(0, count).toSorted(), [...DETECTOR_NAMES].toSorted())
})

test('a scan looks at nothing outside its range', () => {
  const bytes = Buffer.from('x4111111111111111jane@example.org')
  const scanner = new Scanner(DETECTOR_NAMES)
  assert.equal(scanner.scan(bytes, 2, 17), 0)
  assert.equal(scanner.scan(bytes, 0, 24), 1)
  // The dot that would make a token of it, the label that would make a social security number of it.
  const token = Buffer.from('eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.')
  assert.equal(scanner.scan(token, 0, token.length - 1), 0)
  const number = Buffer.from('ssn: 123456789')
  assert.equal(scanner.scan(number, 3, number.length), 0)
})

test('a scan remembers nothing of the one before', () => {
  const scanner = new Scanner(['JWT'])
  const long = Buffer.from(`eyJ${'a'.repeat(1000)}`)
  assert.equal(scanner.scan(long, 0, long.length), 0)
  const token = Buffer.from('eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.')
  assert.equal(scanner.scan(token, 0, token.length), 1)
})

test('an address longer than anybody has is found by its last 128 bytes, and no character is cut', () => {
  const scanner = new Scanner(['Email'])
  for (const [local, from] of [
    ['a'.repeat(128), 0],
    ['a'.repeat(129), 1],
    [`é${'a'.repeat(127)}`, 2],
  ] as const) {
    const bytes = Buffer.from(`${local}@example.org`)
    assert.equal(scanner.scan(bytes, 0, bytes.length), 1)
    assert.equal(scanner.starts[0], from)
  }
})

test('matches never overlap, lie within the range, and never cut a character', () => {
  const piece = fc.oneof(
    fc.constantFrom(...DETECTOR_NAMES.flatMap((name) => Object.values(CASES[name]).map(([text]) => text))),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.stringMatching(/^[0-9 +@.eyJAKI_()/-]{0,12}$/),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(4), (pieces, skip) => {
      const bytes = Buffer.from(pieces.join(''))
      const start = Math.min(skip, bytes.length)
      const scanner = new Scanner(DETECTOR_NAMES)
      const count = scanner.scan(bytes, start, bytes.length)
      let last = start
      for (let i = 0; i < count; i++) {
        const [from = 0, to = 0] = [scanner.starts[i], scanner.ends[i]]
        assert.ok(from >= last && to > from && to <= bytes.length)
        assert.notEqual((bytes[to] ?? 0) & 0xc0, 0x80)
        last = to
      }
    }),
  )
})

test('text made to be looked at again and again stays linear', () => {
  const scanner = new Scanner(DETECTOR_NAMES)
  for (const unit of [
    'eyJ',
    'eyJaaaaa.',
    '-----BEGIN PRIVATE KEY-----',
    'a@',
    '@a',
    '1 ',
    '+1',
    '4111 ',
    'AKIA',
    'ghp_',
    'xoxb-',
    'DE89',
  ]) {
    const bytes = Buffer.from(unit.repeat(Math.ceil(400_000 / unit.length)))
    // Quadratic work on 400 KB would be minutes: the test's own time limit is what fails.
    scanner.scan(bytes, 0, bytes.length)
  }
})

function found(scanner: Scanner, text: string): string[] {
  const bytes = Buffer.from(`${text}`)
  const count = scanner.scan(bytes, 0, bytes.length)
  return Array.from({ length: count }, (_, i) => bytes.toString('utf8', scanner.starts[i], scanner.ends[i]))
}
