import type { Scene } from "./picture.ts";
import type { Tune } from "./sound.ts";
import type { When } from "./when.ts";

/** The people of the sample world: their usernames and what they are called. */
export const PEOPLE = {
  ann: {
    nickname: "Ann Becker",
    signature: "On the trail or at the stove",
    picture: { of: "hills", hue: 205 },
  },
  lin: { nickname: "林美", signature: "慢慢走，比较快", picture: { of: "leaf", hue: 340 } },
  ben: { nickname: "Ben Ortiz", signature: "Maps, mostly", picture: { of: "night", hue: 235 } },
  zhou: { nickname: "周小川", signature: "今天也要好好吃饭", picture: { of: "bowl", hue: 24 } },
  sara: {
    nickname: "Sara Okafor",
    signature: "Words, plants, long walks",
    picture: { of: "leaf", hue: 120 },
  },
} as const;
export type Name = keyof typeof PEOPLE;

/** What somebody says, and what others make of it in the minutes after it. */
export interface Line {
  at: When;
  from: Name;
  text?: string;
  /** a picture that the script draws; `text` is its caption */
  picture?: Scene;
  /** a recording that the script makes */
  voice?: Tune;
  /** a file of text */
  file?: { name: string; text: string };
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
  /** Ann's bot is a member, too */
  hasBot?: true;
  /** from the first to the last */
  lines: Line[];
  /** how many of the last lines somebody has not read; absent: none */
  unread?: Partial<Record<Name, number>>;
}
