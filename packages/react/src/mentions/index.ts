/** Whom a text mentions that is being written, or on its way, and who may be named in it. */
export { type Mentions, mentionOf, mentionsIn, mentionsOfEdit, type Nameable } from "./mentions.ts";
export { editedMentions, mentionsNow, resolveMentions } from "./resolve.ts";
export { type Everybody, MAX_SHOWN, type Suggestion, suggestMembers } from "./suggest-members.ts";
