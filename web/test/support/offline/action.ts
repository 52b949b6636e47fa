import type { Locator, Page } from "playwright-core";
import type { Person } from "../../../../scripts/support/person.ts";

/**
 * What becomes of something that a user begins without a connection:
 * - `waits`: the page shows it at once, and does it once it is connected again;
 * - `says`: the page says that it cannot, and changes nothing. Asked again later, it works;
 * - `works`: it needs no connection.
 */
type Outcome = "waits" | "says" | "works";

/** Something that a user can begin. */
export interface Action {
  /** what they do */
  readonly name: string;
  /** the calls that do it, as `post /v1/reports`; absent: none, or the device socket */
  readonly calls?: readonly string[];
  /** what becomes of it when it is begun without a connection */
  readonly before: Outcome;
  /** the same when the connection is lost before the answer of the server; absent: nothing is asked */
  readonly lost?: Outcome;
  /** a page over plain http says that it needs https; absent: it does not */
  readonly needs?: "https";
  /** it is played in a browser and a world of its own, which it ends */
  readonly isAlone?: boolean;
  readonly play: (world: World) => Promise<Play> | Play;
}

/** Who is in the world of a page. */
export interface World {
  /** the user of the page */
  readonly ann: Person;
  readonly ben: Person;
  readonly cem: Person;
  /** the group of the three, which Ann owns, and its name */
  readonly id: number;
  readonly name: string;
  /** another word each time */
  readonly word: () => string;
  /** whose token it is */
  readonly by: (token: string) => Person;
  /** registers another user */
  readonly person: (name: string) => Promise<Person>;
}

/** One time that an action is played. */
export interface Play {
  /** where the user is when they begin */
  readonly hash: string;
  /** what is there by then */
  readonly ready: (page: Page) => Locator;
  /** what is opened there, and loaded, before the connection goes */
  readonly open?: (page: Page) => Promise<unknown>;
  /** what they do */
  readonly act: (page: Page) => Promise<unknown>;
  /** what they do to ask again, with what is left of the first time; absent: the same */
  readonly again?: (page: Page) => Promise<unknown>;
  /** what the page shows once it is done, by which nobody asks again if only the answer was lost */
  readonly shown?: (page: Page) => Locator;
  /** what is done before, in the page as it was */
  readonly before?: (page: Page) => Promise<unknown>;
  /** nobody is signed in when it begins, or any more when it is done */
  readonly isSignedOut?: boolean;
  readonly isAway?: boolean;
  /** what they see once it has worked */
  readonly worked?: (page: Page) => Locator;
  /** what they see at once where it waits or works */
  readonly seen?: (page: Page, moment: "before" | "lost") => Locator;
  /** what is said where it cannot; absent: that the server does not answer */
  readonly says?: string;
  /** what the server has, and what it has once the action is done, once */
  readonly state?: () => Promise<unknown>;
  readonly done?: unknown;
}
