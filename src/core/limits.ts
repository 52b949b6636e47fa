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
  /** code points of what somebody writes who wants to join */
  application: 500,
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
  /** bytes of a file */
  fileBytes: 20 * 1024 * 1024,
  /** code points of a file's name */
  fileName: 255,
  /** code points of what is searched for */
  query: 100,
  /** characters of a quoted message that are shown with the quoting one */
  quotePreview: 100,
} as const;
