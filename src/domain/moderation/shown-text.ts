/**
 * The texts of users that others are shown besides messages, and what becomes of one that a rule of the
 * deployment refuses or would mask: the call is `refused`, the text is `left_out`, or what was there before
 * it is shown (`replaced`). Rules that hold or flag do not look at them: what waits would have no name.
 *
 * Nobody asks about what a backend, an issuer or an import says, about texts that their author alone sees
 * (remarks, notes, drafts), and about data that clients of the team interpret (`metadata`, `data`).
 */
export const SHOWN_TEXTS = {
  /** what users and bots call themselves */
  username: "refused",
  nickname: "refused",
  /** the other fields of a profile that others are shown: what users say of themselves, where they are */
  profile: "refused",
  group_name: "refused",
  /** introduction and announcement */
  group_text: "refused",
  /** the id that its maker gives a group */
  group_handle: "refused",
  /** custom fields of a group and of its members, and attributes of a group, with their keys */
  group_data: "refused",
  name_card: "refused",
  /** what somebody says with a friend request, or with a request to join a group */
  request: "refused",
  /** why somebody was removed or banned, or what is said with the answer to a request */
  reason: "refused",
  /** what bots offer behind a slash */
  command: "refused",
  /** what a bot answers to a tap */
  tap_answer: "refused",
  /** the name of a reaction that is no emoji */
  reaction: "refused",
  hook_name: "refused",
  /** the name that a post to a hook wants: that of the hook is shown */
  post_name: "replaced",
  /** the words of the page that a message links to */
  link_preview: "left_out",
} as const satisfies Record<string, "refused" | "replaced" | "left_out">;

/** A kind of text that others are shown. */
export type ShownText = keyof typeof SHOWN_TEXTS;

/** Those that the call is refused for. */
export type RefusedText = {
  [Text in ShownText]: (typeof SHOWN_TEXTS)[Text] extends "refused" ? Text : never;
}[ShownText];
