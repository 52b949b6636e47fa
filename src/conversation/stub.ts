import type { ConversationId } from "../domain/ids.ts";
import type { Timing } from "../domain/timing.ts";
import { CallChannels } from "../object/calls/call-channels.ts";
import { withDeadline } from "../object/calls/deadline.ts";
import { type Repeats, rpcClient } from "../object/calls/rpc.ts";
import { requestSocket } from "../object/socket-host.ts";
import type { ConversationObject } from "./object.ts";
import type { RoomOpening } from "./sockets/room-opening.ts";

/** Which calls are idempotent. The others are tried once: a second try would fail, or do a thing twice. */
const REPEATS: Repeats<ConversationObject> = {
  init: true,
  // Without a client id a repeated send would be stored twice, and so would one of a device.
  send: ({ draft }) => draft.clientMsgId !== undefined,
  checkDraft: true,
  page: true,
  changes: true,
  pageWithContext: true,
  readablePage: true,
  history: true,
  message: true,
  threads: true,
  threadPage: true,
  followThread: true,
  unfollowThread: true,
  readThread: true,
  search: true,
  searchWithin: true,
  messages: true,
  visibleMessages: true,
  mentionPage: true,
  react: true,
  unreact: true,
  reactors: true,
  revoke: true,
  // A second try would be refused as revoked already.
  revokeWithin: false,
  // The same content again changes nothing.
  editMessage: true,
  formerVersions: true,
  hide: true,
  pin: true,
  unpin: true,
  pins: true,
  vote: true,
  closePoll: true,
  voters: true,
  deleteForMe: true,
  read: true,
  markUnread: true,
  setIgnoreUnread: true,
  sendFromDevice: ({ drafts }) => drafts.every(({ clientMsgId }) => clientMsgId !== undefined),
  typing: true,
  replay: true,
  subscribe: true,
  openComposer: true,
  snapshot: true,
  snapshotForRepair: true,
  receipts: true,
  describe: true,
  announceDirectPermission: true,
  confirmDirectPermission: true,
  outline: true,
  members: true,
  membersByIds: true,
  edit: true,
  add: true,
  // A second try would report those whom the first has added as members already.
  addEach: false,
  join: true,
  joinRequests: true,
  withdrawJoinRequest: true,
  decideJoinRequest: false,
  leave: false,
  remove: false,
  ban: true,
  liftBan: true,
  bans: true,
  // A second try would make another one.
  createInvitation: false,
  invitations: true,
  withdrawInvitation: true,
  lookAtInvitation: true,
  acceptInvitation: true,
  changeMember: false,
  handOver: false,
  dissolve: false,
  pushConversation: true,
  takeProfile: true,
  removeDeleted: true,
  kick: true,
  openSessions: true,
};

/** The calls that an inbox makes for each message of a device. */
const OVER_CHANNELS = ["sendFromDevice"] as const;

/** The calls of conversation objects, by conversation id, and their sockets. */
export class ConversationStubs extends rpcClient<ConversationObject, ConversationId>(REPEATS, OVER_CHANNELS) {
  readonly #namespace: DurableObjectNamespace<ConversationObject>;

  /**
   * @param timing of repeated calls
   * @param channels their timing, for an object, which may call one conversation often; absent: each call has
   *   a stub of its own
   */
  constructor(
    namespace: DurableObjectNamespace<ConversationObject>,
    timing: Timing["rpcRetry"],
    channels?: Timing["callChannels"],
  ) {
    const stubOf = (id: ConversationId) => namespace.getByName(String(id));
    super(stubOf, timing, channels && new CallChannels((id) => stubOf(id).openCalls(), channels));
    this.#namespace = namespace;
  }

  /**
   * Waits for a call for `ms` at most.
   * @throws `unavailable` after it, else as the call
   */
  within<T>(ms: number, call: Promise<T>): Promise<T> {
    return withDeadline(call, ms);
  }

  /**
   * Asks the object for a socket. The request is a new one that names the session: no token leaves the
   * Worker.
   * @returns 101, or a `Failure` as JSON with status 409
   */
  openSocket(id: ConversationId, opening: RoomOpening): Promise<Response> {
    return requestSocket(this.#namespace.getByName(String(id)), opening);
  }
}
