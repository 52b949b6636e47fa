import type { components } from "parley-client";
import { useAccount } from "../../state/context.ts";
import { type Loaded, useLoaded } from "../../state/use-loaded.ts";
import { useReload } from "../../state/use-reload.ts";

/** A role of a space. */
export type Role = components["schemas"]["Role"];

/** The id of the role that all members of a space have. */
export const EVERYONE = 0;

/** The roles of a space, the highest first, and `everyone` last. */
export function useRoles(space: number): Loaded<readonly Role[]> {
  const { chat } = useAccount();
  const path = { id: space };
  const roles = useLoaded(
    `${space}`,
    async () => (await chat.api.call("get", "/v1/spaces/{id}/roles", { path })).items,
  );
  useReload(roles.reload, (frame) => frame.type === "space" && frame.space_id === space);
  return roles;
}
