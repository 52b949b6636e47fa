/** Texts as a quote, with a sign before each line. Empty ones are left out. */
export function quote(texts: readonly (string | null | undefined)[], sign = ">"): string {
  return texts
    .flatMap((text) => (text ? text.split("\n") : []))
    .map((line) => `${sign} ${line}`)
    .join("\n");
}
