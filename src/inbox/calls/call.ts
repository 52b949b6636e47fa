import { accountOver } from "../../domain/errors.ts";
import { callsOf } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { InboxComponents } from "../components.ts";

export const { once, repeatable } = callsOf<InboxComponents>();

/** @throws `unauthenticated` for a deleted account */
export function requireAccount({ accountDeletion }: InboxComponents): void {
  if (accountDeletion.isDeleted) throw accountOver();
}

/** A call that reads the list. @see refresh */
export function listRead<Input extends unknown[], Value>(
  read: (components: InboxComponents, ...input: Input) => Value,
) {
  return repeatable(WEIGHTS.page, async (components, ...input: Input): Promise<Value> => {
    await refresh(components);
    return read(components, ...input);
  });
}

/** Fetches snapshots of conversations that may have changed, before the list is read. */
export function refresh({ sockets, catchUp }: InboxComponents): Promise<void> {
  return catchUp.beforeList(sockets.open().length > 0);
}
