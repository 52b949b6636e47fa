/** The limits of every surface. Over one: that surface's clear error; never a truncation. */
export const LIMITS = {
  /** code points of a text message */
  text: 8_000,
  /** bytes of a body as JSON */
  bodyBytes: 32 * 1024,
  /** messages which a merged one holds */
  mergedItems: 50,
  /** messages which it holds with those that are in each other */
  mergedSnapshots: 1_000,
  /** bytes of a merged one's body as JSON, as it is shown when it is sent */
  mergedBytes: 256 * 1024,
  /** merged messages in each other, the outermost too */
  mergedDepth: 8,
  /** bytes of bodies in one page: as much as a page of the largest that are sent whole */
  pageBytes: 100 * 32 * 1024,
  /** code points of a conversation's name, or a merged message's title */
  name: 100,
  /** code points of a group's introduction, and of its announcement */
  description: 2_000,
  /** fields of their own which clients keep with a group, or a member; code points of a field's name, and of its value */
  customFields: 20,
  customKey: 64,
  customValue: 512,
  /** code points of what somebody writes who wants to join, and of what is answered */
  application: 500,
  /** bytes of what else is told of a user, as JSON */
  detailsBytes: 8 * 1024,
  /** notices that are kept for a user */
  notices: 1_000,
  /** seconds of a mute: ten years */
  muteSeconds: 315_360_000,
  /** characters of a client's id of a message */
  clientMsgId: 64,
  /** items of one page */
  page: 100,
  /** characters of a file's URL: a name of 255 that are all percent-encoded fits in */
  url: 4_096,
  /** members of a group */
  groupMembers: 1_000,
  /** users named by one message */
  mentions: 100,
  /** of the messages that somebody has not read and that name him, so many are told in his list, the newest */
  mentionsListed: 20,
  /** bytes of a file */
  fileBytes: 20 * 1024 * 1024,
  /** bytes of a film, or of a file of no particular kind, where it comes in with its message */
  largeFileBytes: 90 * 1024 * 1024,
  /** code points of a file's name */
  fileName: 255,
  /** code points of what is searched for */
  query: 100,
  /** characters of a quoted message that are shown with the quoting one */
  quotePreview: 100,
} as const;
