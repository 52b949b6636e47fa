/** Whom a text mentions that is being written, or on its way, and who may be named in it. */
export {
  type Mentions,
  mentionOf,
  mentionsIn,
  mentionsOfEdit,
  type Nameable,
  type NameableRole,
  type Named,
  type NamedBesides,
  namesBesides,
  rolesIn,
} from "./mentions.ts";
export { editedMentions, firstFound, namedNow, resolveMentions, resolveNamed } from "./resolve.ts";
export { type Everybody, MAX_SHOWN, type Suggestion, suggestMembers } from "./suggest-members.ts";
