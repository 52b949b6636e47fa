import { graphemes } from "parley-react/text";
import { sized } from "../lib/origin.ts";
import { isLoaded } from "../lib/pictures.ts";

/** The hues of avatars without a picture. */
const HUES = 12;

/** The hue of a user or a group, by its place in `hues.css`. */
export function hueOf(id: number): number {
  return id % HUES;
}

interface Props {
  /** decides the colour */
  id: number;
  name: string;
  /** the address of the picture; empty: none */
  picture: string;
  size?: "small" | "medium" | "large";
}

/**
 * The picture of a user or a group, else the first letter of the name. It stands beside the name. One of
 * another server is shown once the user has wanted it (`ShowPicture`).
 */
export function Avatar({ id, name, picture, size = "medium" }: Props) {
  const letter = firstLetter(name);
  return (
    <span class={`avatar ${size}`} data-hue={hueOf(id)} aria-hidden="true">
      {letter}
      {picture && isLoaded(picture) && (
        <img src={sized(picture, "s")} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" />
      )}
    </span>
  );
}

/** The first character as people see it, which may be several code points. */
function firstLetter(name: string): string {
  return graphemes(name.trim())[0]?.toLocaleUpperCase() ?? "";
}
