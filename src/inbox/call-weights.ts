import type { CallWeights } from "../object/calls/call-weights.ts";
import { WEIGHTS } from "../object/user-budgets.ts";
import type { InboxObject } from "./object.ts";

const { light, page } = WEIGHTS;

/** What calls of a user to their inbox weigh. Most of the others come from conversations and contacts. */
export const INBOX_WEIGHTS: CallWeights<InboxObject> = {
  applyUpdate: 0,
  notify: 0,
  notificationPage: page,
  notificationBox: light,
  readNotifications: light,
  hideNotifications: light,
  pushEvent: 0,
  announceProfile: 0,
  register: 0,
  unregister: 0,
  endSession: 0,
  closeSession: 0,
  prepareSessionEnd: 0,
  endSessions: 0,
  prepareDeletion: 0,
  deleteAccount: 0,
  list: page,
  activity: page,
  overview: page,
  listOnRecord: page,
  entries: 0,
  numbered: page,
  unread: page,
  keepDraft: light,
  draft: light,
  changeDraft: light,
  // What follows a send, or a write to D1, is not refused.
  noteDraftSent: 0,
  setPinned: 0,
  unsaveMessages: 0,
  discardComposerDraft: 0,
  schedule: light,
  scheduledAs: 0,
  scheduledMessage: light,
  scheduledPage: page,
  changeScheduled: light,
  deleteScheduled: light,
  putComposerDraft: light,
  saveMessage: light,
  savedPage: page,
  unreadMentions: page,
  // It has a limit of its own.
  repair: 0,
};
