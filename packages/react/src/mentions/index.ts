/** Whom a text that is being written mentions, among the members of a group. */
export { type Mentions, mentionOf, mentionsIn, mentionsOfEdit } from "./mentions.ts";
