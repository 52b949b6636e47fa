import { TimPerson } from "../support/tim-person.ts";
import { chapter, note } from "./print.ts";
import { everyGroup } from "./tim/groups.ts";
import { longHistory } from "./tim/history.ts";
import { everyKind } from "./tim/kinds.ts";

/** The revoke window in this story, in seconds. */
export const REVOKE_WINDOW_S = 2;

/**
 * Five users use `tim` over plain HTTP: every type of group, every kind of message, a long history.
 * @throws unless each call is answered as that API defines it
 */
export async function tim(origin: string): Promise<void> {
  chapter(`Five people register on ${origin}`);
  const register = (name: string) => TimPerson.register(origin, name);
  const ann = await register("ann");
  const [bob, cai, dan, eva] = [
    await register("bob"),
    await register("cai"),
    await register("dan"),
    await register("eva"),
  ];
  note([ann, bob, cai, dan, eva].map(({ userID }) => userID).join(", "));
  await everyGroup({ ann, bob, cai, dan, eva });
  await everyKind(ann, bob, REVOKE_WINDOW_S);
  await longHistory(ann, bob);
  note("\nEvery call has answered as it should.");
}
