import { occurrences } from "parley-react/excerpts";

interface Props {
  text: string;
  /** what is marked in the text, as a search finds it; empty: nothing */
  part: string;
}

/** A text with marks. */
export function Highlighted({ text, part }: Props) {
  const found = occurrences(text, part);
  return (
    <>
      {found.map(({ from, to }, i) => [
        text.slice(found[i - 1]?.to ?? 0, from),
        <mark key={`${from}`}>{text.slice(from, to)}</mark>,
      ])}
      {text.slice(found.at(-1)?.to ?? 0)}
    </>
  );
}
