const segmenter = new Intl.Segmenter();

/** The characters of a text as people see them: an emoji, or a letter with its marks, is one. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
