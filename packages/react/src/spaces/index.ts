/** The spaces of the user, and their channels. */
import type { Channels, Role, Space, Spaces } from "parley-client/spaces";
import { useSyncExternalStore } from "react";

/** The spaces of the user, in their order; undefined: they are not known yet. */
export function useSpaces(spaces: Pick<Spaces, "subscribe" | "list">): readonly Space[] | undefined {
  const read = () => spaces.list();
  return useSyncExternalStore(spaces.subscribe, read, read);
}

/**
 * The channels and categories of a space, in their order.
 * @param id absent: of none
 * @returns undefined: they are not known yet, or the user is not in the space
 */
export function useChannels(
  spaces: Pick<Spaces, "subscribe" | "channels">,
  id: number | undefined,
): Channels | undefined {
  const read = () => (id === undefined ? undefined : spaces.channels(id));
  return useSyncExternalStore(spaces.subscribe, read, read);
}

/** The roles of a space, the highest first. @returns as `useChannels` */
export function useRoles(
  spaces: Pick<Spaces, "subscribe" | "roles">,
  id: number | undefined,
): readonly Role[] | undefined {
  const read = () => (id === undefined ? undefined : spaces.roles(id));
  return useSyncExternalStore(spaces.subscribe, read, read);
}
