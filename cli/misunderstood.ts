// What a person reads who wrote a command that is not understood: the reason alone, or it would scroll away above the help.

export function misunderstood(command: string, problem: string): string {
  return `sallyport ${command}: ${problem}\nsallyport ${command} --help says more\n`
}
