/** What a person should know of answers that could not be taken. */
export function refusedSentences({ refused }: { readonly refused: readonly string[] }): string[] {
  return refused.length === 0
    ? []
    : ['Answers that could not be taken; correct them in Label Studio, and they are collected:', ...refused];
}
