import type { Scene } from "./picture.ts";
import type { When } from "./when.ts";

/** The people of the sample world: their usernames and what they are called. */
export const PEOPLE = {
  ann: { nickname: "Ann Becker", signature: "On the trail or at the stove" },
  lin: { nickname: "林美", signature: "慢慢走，比较快" },
  ben: { nickname: "Ben Ortiz", signature: "Maps, mostly" },
  zhou: { nickname: "周小川", signature: "今天也要好好吃饭" },
  sara: { nickname: "Sara Okafor", signature: "Words, plants, long walks" },
} as const;
export type Name = keyof typeof PEOPLE;

/** What somebody says, and what others make of it in the minutes after it. */
export interface Line {
  at: When;
  from: Name;
  text?: string;
  /** a picture that the script draws; `text` is its caption */
  picture?: Scene;
  poll?: { question: string; options: string[]; votes: Partial<Record<Name, number>> };
  mentions?: Name[];
  reactions?: Partial<Record<Name, string>>;
  /** answers in a thread */
  answers?: { from: Name; text: string }[];
  isPinned?: true;
}

/** A conversation of the sample world. Who begins it is the first. */
export interface Talk {
  /** absent: of two people */
  group?: { name: string; announcement: string };
  people: [Name, Name, ...Name[]];
  /** from the first to the last */
  lines: Line[];
  /** how many of the last lines somebody has not read; absent: none */
  unread?: Partial<Record<Name, number>>;
}
