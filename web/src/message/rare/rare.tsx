import type { Content } from "parley-react/message";
import type { ComponentChildren } from "preact";
import { Merged } from "./merged.tsx";
import { Place } from "./place.tsx";
import { Sticker } from "./sticker.tsx";

/** Contents that few conversations have. */
export type RareContent = Extract<Content, { kind: "location" | "face" | "merged" }>;

interface Props {
  content: RareContent;
  /** draws what a part of a merged message says */
  draw: (content: Content) => ComponentChildren;
}

/** A place, a sticker, or several messages in one: they come behind the page. */
export function Rare({ content, draw }: Props) {
  switch (content.kind) {
    case "location":
      return <Place {...content} />;
    case "face":
      return <Sticker {...content} />;
    case "merged":
      return <Merged {...content} draw={draw} />;
  }
}
