// The content detectors that a masking rule may name. One file per detector says exactly what it finds.

export const DETECTOR_NAMES = [
  'CreditCard',
  'IBAN',
  'Email',
  'USSocialSecurityNumber',
  'Phone',
  'JWT',
  'AWSAccessKey',
  'PrivateKey',
  'GitHubToken',
  'SlackToken',
] as const

export type DetectorName = (typeof DETECTOR_NAMES)[number]
