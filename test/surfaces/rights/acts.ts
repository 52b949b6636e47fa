import type { Permission } from "../../../src/domain/spaces/permission.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import type { WireAnswer } from "../../support/clients/wire.ts";
import type { Role } from "./oracle.ts";

/** A member of the space. */
export interface Actor extends SignedIn {
  name: string;
  roles: readonly Role[];
  isBot: boolean;
}

/** Where something is done, and to what. */
export interface Place {
  space: number;
  channel: number;
  /** a message of the owner's */
  seq: number;
  /** the address of a file of the actor's */
  file: string;
  /** a member without a role */
  other: SignedIn;
  /** the lowest role of the space */
  lowest: number;
}

/** What came of a call. */
export interface Outcome {
  isDone: boolean;
  /** the answer, to look at, and to compare */
  said: string;
}

/** A call of an API, and what it needs. */
export interface Act {
  /** its API, and what it does */
  name: string;
  /** the permissions that it needs, all of them, in this channel; `read` is always needed */
  needs: readonly Permission[];
  /** bots alone have it */
  isOfBots?: true;
  /** it acts on a role or a member, and so wants a role above theirs */
  hasRank?: true;
  /** its API says to former followers, or to all, that a channel is there; its README says so */
  tellsFormer?: true;
  run(who: Actor, at: Place): Promise<Outcome>;
}

/** A channel has to ask its space, as another act has just changed it. Clients try again. */
class Unavailable extends Error {}

/** What an act gives once its channel knows its space. */
export async function outcomeOf(act: Act, who: Actor, at: Place): Promise<Outcome> {
  for (;;) {
    try {
      return await act.run(who, at);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
  }
}

/** The outcome of an answer. @param isDone says whether its body is a success */
export function outcome({ status, body }: Pick<WireAnswer, "status" | "body">, isDone: boolean): Outcome {
  const said = `${status} ${JSON.stringify(body)}`;
  if (status === 503) throw new Unavailable(said);
  // What fails by itself says nothing of rights.
  if (status >= 500 || status === 429) throw new Error(said);
  return { isDone, said };
}
