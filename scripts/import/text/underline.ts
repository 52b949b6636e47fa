const UNDERLINE = /(?<![\p{L}\p{N}_])__(?=\S)([^_\n]+)(?<=\S)__(?![\p{L}\p{N}_])/gu;

/** Writes `__words__` as `**words**`: they are underlined at Discord, and bold at Mattermost. */
export function underlineAsBold(text: string): string {
  return text.replace(UNDERLINE, "**$1**");
}
