import type { AnyDraft } from "../domain/messages/message.ts";
import { weightOf } from "../object/backlog.ts";
import type { CallWeights } from "../object/calls/call-weights.ts";
import { WEIGHTS, weightOfBytes } from "../object/user-budgets.ts";
import type { ConversationObject } from "./object.ts";

const { light, page, search } = WEIGHTS;

/** A forward is read from another conversation, and may have many messages. */
const weightOfDraft = (draft: AnyDraft) => ("copy" in draft ? page : light + weightOfBytes(weightOf(draft)));

/**
 * What calls of a conversation weigh. What a device needs to resume is not refused: its inbox charges the
 * syncs of its user. A whole history is charged as it begins, since each user reads one at a time.
 */
export const CONVERSATION_WEIGHTS: CallWeights<ConversationObject> = {
  init: 0,
  send: ({ draft }) => weightOfDraft(draft),
  checkDraft: light,
  page,
  changes: page,
  pageWithContext: page,
  readablePage: page,
  history: ({ after }) => (after === undefined ? search : 0),
  message: 0,
  threads: page,
  threadPage: page,
  followThread: light,
  unfollowThread: light,
  readThread: light,
  search,
  searchWithin: search,
  messages: page,
  visibleMessages: page,
  mentionPage: page,
  react: light,
  unreact: light,
  reactors: page,
  revoke: light,
  revokeWithin: light,
  // A former version is stored, and the search index changes.
  editMessage: ({ body }) => page + weightOfBytes(body.length),
  formerVersions: page,
  hide: light,
  pin: light,
  unpin: light,
  pins: page,
  vote: light,
  closePoll: light,
  voters: page,
  deleteForMe: light,
  read: light,
  markUnread: page,
  setIgnoreUnread: light,
  sendFromDevice: ({ drafts }) => drafts.reduce((sum, draft) => sum + weightOfDraft(draft), 0),
  typing: light,
  replay: 0,
  subscribe: 0,
  openComposer: light,
  snapshot: 0,
  snapshotForRepair: 0,
  receipts: page,
  describe: 0,
  announceDirectPermission: 0,
  confirmDirectPermission: 0,
  outline: 0,
  members: page,
  membersByIds: 0,
  edit: page,
  add: page,
  addEach: page,
  join: page,
  joinRequests: page,
  withdrawJoinRequest: light,
  decideJoinRequest: page,
  leave: page,
  remove: page,
  ban: page,
  liftBan: light,
  bans: page,
  createInvitation: light,
  invitations: page,
  withdrawInvitation: light,
  lookAtInvitation: light,
  acceptInvitation: page,
  changeMember: page,
  handOver: page,
  dissolve: page,
  pushConversation: 0,
  takeProfile: 0,
  removeDeleted: 0,
  kick: 0,
  openSessions: 0,
};
