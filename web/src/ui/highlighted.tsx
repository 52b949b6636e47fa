interface Props {
  text: string;
  /** what is marked in the text, in any case */
  words: readonly string[];
}

/** A text with marks. */
export function Highlighted({ text, words }: Props) {
  const wanted = words.filter((word) => word !== "").map(escaped);
  if (wanted.length === 0) return <>{text}</>;
  // A split by a group has what the group matched at each odd place.
  const parts = text.split(new RegExp(`(${wanted.join("|")})`, "giu"));
  return <>{parts.map((part, i) => (i % 2 === 1 ? <mark key={`${i}`}>{part}</mark> : part))}</>;
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
