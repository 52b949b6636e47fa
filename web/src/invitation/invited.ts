import type { components } from "parley-client";

/** What an invitation is to: a group or a space. */
export type Invited = components["schemas"]["InvitedGroup"] | components["schemas"]["InvitedSpace"];

/** How it is shown in full. */
export function cardOf(invited: Invited) {
  if (!("space" in invited)) return { group: invited };
  const { space } = invited;
  return { group: { ...space, introduction: space.description }, isUnnumbered: true };
}
