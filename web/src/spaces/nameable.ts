import type { Chat } from "parley-client";
import { type GroupEntry, isChannel } from "../group/rights.ts";
import { permissionsIn } from "./state.ts";

/** So many are suggested at a time, and the user, who is not. */
const LIMIT = 20;

/**
 * Searches a crowd, or the readers of a channel, for whom a text may name. And says whether it may name
 * everybody, if a channel decides that.
 * @param begun what is written of a name, behind its `@`
 */
export async function findNameable({ api }: Chat, group: GroupEntry, begun: string) {
  const path = { id: group.id };
  const q = begun.slice(1);
  const query = { limit: LIMIT, ...(q && { q }) };
  if (!isChannel(group))
    return { members: (await api.call("get", "/v1/conversations/{id}/members", { path, query })).items };
  const [{ items }, own] = await Promise.all([
    api.call("get", "/v1/conversations/{id}/readers", { path, query }),
    permissionsIn(group.id) ??
      api.call("get", "/v1/conversations/{id}/permissions", { path }).then(({ permissions }) => permissions),
  ]);
  return { members: items, mayNameAll: own.includes("mention_all") };
}
