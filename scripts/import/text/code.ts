/** Code in a text: a block between three backticks, or words between one. */
const CODE = /(```[\s\S]*?```|`[^`\n]+`)/g;

/** Changes a text outside of its code. @param code changes the code; absent: it stays */
export function outsideCode(
  text: string,
  change: (text: string) => string,
  code: (text: string) => string = (same) => same,
): string {
  return text
    .split(CODE)
    .map((part, i) => (i % 2 === 1 ? code(part) : change(part)))
    .join("");
}
