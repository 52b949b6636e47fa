import type { Chat } from "parley-client";
import { firstFound, type Suggestion } from "parley-react/mentions";
import { type GroupEntry, isChannel } from "../group/rights.ts";
import { t } from "../i18n/i18n.ts";
import { keepRoles } from "./roles/mentioned.ts";
import { EVERYONE } from "./roles/use-roles.ts";
import { permissionsIn } from "./state.ts";

/** So many are suggested at a time, and the user, who is not. */
const LIMIT = 20;

/**
 * Searches a crowd, or the readers of a channel, for whom a text may name. And says which roles it may name,
 * and whether everybody, if a channel decides that.
 * @param begun what is written of a name, behind its `@`
 */
export async function findNameable({ api }: Chat, group: GroupEntry, begun: string) {
  const path = { id: group.id };
  const q = begun.slice(1);
  const search = (of: "members" | "readers") =>
    firstFound((more) => {
      const query = { limit: LIMIT, ...(q && { q }), ...more };
      return api.call("get", `/v1/conversations/{id}/${of}`, { path, query });
    });
  if (!isChannel(group)) return { members: await search("members") };
  const space = group.space_id ?? 0;
  const [members, own, roles] = await Promise.all([
    search("readers"),
    permissionsIn(group.id) ??
      api.call("get", "/v1/conversations/{id}/permissions", { path }).then(({ permissions }) => permissions),
    api.call("get", "/v1/spaces/{id}/roles", { path: { id: space } }),
  ]);
  const mayNameAll = own.includes("mention_all");
  keepRoles(space, roles.items);
  const named = roles.items.filter(({ id, mentionable }) => id !== EVERYONE && (mentionable || mayNameAll));
  const others = named.map(
    // Its colour is found by the key.
    ({ id, name }): Suggestion => ({
      ...{ key: `${-id}`, text: `@${name}`, label: name, detail: t("mention.role") },
    }),
  );
  const here = { name: t("mention.here"), detail: t("mention.here.detail") };
  if (mayNameAll) others.push({ key: "here", text: `@${here.name}`, label: here.name, detail: here.detail });
  return { members, mayNameAll, others };
}
