interface Props {
  text: string;
  /** what is marked in the text, in any case; empty: nothing */
  part: string;
}

/** A text with marks. */
export function Highlighted({ text, part }: Props) {
  if (part === "") return <>{text}</>;
  // A split by a group has what the group matched at each odd place.
  const parts = text.split(new RegExp(`(${escaped(part)})`, "giu"));
  return <>{parts.map((one, i) => (i % 2 === 1 ? <mark key={`${i}`}>{one}</mark> : one))}</>;
}

function escaped(part: string): string {
  return part.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
