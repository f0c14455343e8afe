/** What is wrong with a TLS hello, to complete "the TLS hello …". */
export class HelloFault extends Error {
  override readonly name = 'HelloFault'
}
