import type { ConversationId } from "../../domain/ids.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { InboxComponents } from "../components.ts";

/**
 * Deletes what the inbox holds of a deleted account.
 * @param erases the messages are to be erased in each conversation, too
 * @returns the conversations to leave, each with its job
 */
export async function eraseInbox(
  { accountDeletion, features, list, sessionTermination }: InboxComponents,
  erases: boolean,
  calls: CallBudget,
): Promise<ConversationId[]> {
  accountDeletion.erase();
  list.markDeleted();
  for (const feature of features) feature.stop?.();
  const [left] = await Promise.all([
    accountDeletion.storeMemberships(erases),
    sessionTermination.endAll(calls),
  ]);
  return left;
}
