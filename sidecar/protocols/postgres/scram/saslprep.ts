// SASLprep (RFC 4013) as PostgreSQL applies it to passwords (src/common/saslprep.c): a password that the profile prohibits,
// and one of ASCII only, is used as it is. Both ends must do the same, or a right password is refused.

/** RFC 3454 table C.1.2: spaces other than ASCII's become a space. */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
/** RFC 3454 table B.1: mapped to nothing. As escapes in an alternation, because several are combining characters. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200c-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/** RFC 3454 tables C.2.1 to C.9: controls, private use, non-characters, surrogates, plain-text and display controls, tags. */
const PROHIBITED = new RegExp(
  [
    '[\\p{Cc}\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}]',
    '[\\u2028-\\u202e\\u206a-\\u206f\\u2ff0-\\u2ffb\\ufff9-\\ufffd]',
    '[\\u2060-\\u2063]|\\u06dd|\\u070f|\\u180e|\\u200e|\\u200f|\\u0340|\\u0341|\\ufeff',
    '[\\u{1d173}-\\u{1d17a}]|\\u{e0001}|[\\u{e0020}-\\u{e007f}]',
  ].join('|'),
  'u',
)
/** Right-to-left scripts, close enough to RFC 3454 table D.1 for the rule that they do not mix with others. */
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u
const LEFT_TO_RIGHT =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u

export function prepare(password: string): string {
  if (/^[\0-\x7f]*$/.test(password)) return password
  const prepared = password.replace(OTHER_SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (prepared === '' || PROHIBITED.test(prepared) || PROHIBITED.test(password.replace(NOTHING, ''))) return password
  if (RIGHT_TO_LEFT.test(prepared) && LEFT_TO_RIGHT.test(prepared)) return password
  return prepared
}
