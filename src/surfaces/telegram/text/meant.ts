import { UserId } from "../../../domain/ids.ts";
import { type MarkedText, withFound } from "./entities.ts";

/** Whom a text means: users by their numbers, and by the names behind an `@`. */
export interface Meant {
  ids: UserId[];
  names: string[];
}

const USER_LINK = /^tg:\/\/user\/?\?id=(\d{1,16})$/i;

/** Whom a text of a bot means. */
export function meantIn({ text, entities }: MarkedText): Meant {
  const all = withFound(text, entities);
  return {
    ids: all.flatMap(({ type, url = "", user }) => {
      const id = type === "text_mention" ? user?.id : USER_LINK.exec(url)?.[1];
      return id === undefined ? [] : (UserId.safeParse(Number(id)).data ?? []);
    }),
    names: all
      .filter(({ type }) => type === "mention")
      .map(({ offset, length }) => text.slice(offset + 1, offset + length)),
  };
}
