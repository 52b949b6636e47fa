import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { newChannel } from "../../../src/core/spaces/new-channel.ts";
import { fromElsewhere, SignInPlace } from "../../../src/domain/accounts/sign-in.ts";
import {
  CategoryId,
  ClientGroupId,
  ClientSpaceId,
  ClientUploadId,
  ConversationCode,
  ConversationId,
  FileKey,
  Handle,
  Seq,
  SessionId,
  SpaceId,
  UserId,
} from "../../../src/domain/ids.ts";
import { HeldMessageId } from "../../../src/domain/moderation/held-message.ts";
import { ReportId } from "../../../src/domain/moderation/report.ts";
import { HookId } from "../../../src/domain/server/hook.ts";
import { UserState } from "../../../src/domain/server/server-user.ts";
import { ExternalId } from "../../../src/domain/server/user-ref.ts";
import { newSpaceCode } from "../../../src/domain/spaces/invitation.ts";
import { RoleId } from "../../../src/domain/spaces/role.ts";
import * as accounts from "../../../src/storage/accounts/account-updates.ts";
import * as particulars from "../../../src/storage/accounts/extended-profiles.ts";
import * as attempts from "../../../src/storage/accounts/password-attempts.ts";
import * as sessions from "../../../src/storage/accounts/sessions.ts";
import * as places from "../../../src/storage/accounts/sign-in-places.ts";
import * as keys from "../../../src/storage/accounts/username-keys.ts";
import * as users from "../../../src/storage/accounts/users.ts";
import * as bots from "../../../src/storage/bots/bots.ts";
import * as commands from "../../../src/storage/bots/commands.ts";
import * as blocks from "../../../src/storage/contacts/blocks.ts";
import * as friendList from "../../../src/storage/contacts/friend-list.ts";
import * as friends from "../../../src/storage/contacts/friends.ts";
import * as asked from "../../../src/storage/contacts/message-requests.ts";
import * as presence from "../../../src/storage/contacts/presence.ts";
import * as strangers from "../../../src/storage/contacts/strangers.ts";
import * as conversations from "../../../src/storage/conversations/conversations.ts";
import * as contexts from "../../../src/storage/conversations/conversations.ts";
import * as direct from "../../../src/storage/conversations/direct.ts";
import * as permission from "../../../src/storage/conversations/direct-permission.ts";
import * as groups from "../../../src/storage/conversations/groups.ts";
import * as named from "../../../src/storage/conversations/lookup-by-name.ts";
import * as recipients from "../../../src/storage/conversations/lookup-by-name.ts";
import * as members from "../../../src/storage/conversations/members.ts";
import * as memberships from "../../../src/storage/conversations/members.ts";
import * as ownMarks from "../../../src/storage/conversations/own-marks.ts";
import * as requests from "../../../src/storage/conversations/own-requests.ts";
import * as preferences from "../../../src/storage/conversations/preferences.ts";
import * as projection from "../../../src/storage/conversations/projection.ts";
import * as namedSpaces from "../../../src/storage/data/imported-spaces.ts";
import { type Database, openDatabase } from "../../../src/storage/database.ts";
import * as expiry from "../../../src/storage/files/file-expiry.ts";
import * as references from "../../../src/storage/files/file-references.ts";
import * as usage from "../../../src/storage/files/file-usage.ts";
import * as files from "../../../src/storage/files/files.ts";
import * as released from "../../../src/storage/files/released-files.ts";
import * as uploads from "../../../src/storage/files/resumable-uploads.ts";
import * as largeObjects from "../../../src/storage/large-objects.ts";
import * as linkPreviews from "../../../src/storage/link-previews.ts";
import * as auditLog from "../../../src/storage/moderation/audit-log.ts";
import * as heldMessages from "../../../src/storage/moderation/held-messages.ts";
import * as reportFiles from "../../../src/storage/moderation/report-files.ts";
import * as reports from "../../../src/storage/moderation/reports.ts";
import * as rules from "../../../src/storage/moderation/rules.ts";
import * as staff from "../../../src/storage/moderation/staff.ts";
import * as hooks from "../../../src/storage/server/hooks.ts";
import * as namedUsers from "../../../src/storage/server/named-users.ts";
import * as serverConversations from "../../../src/storage/server/server-conversations.ts";
import * as serverSpaces from "../../../src/storage/server/server-spaces.ts";
import * as serverUsers from "../../../src/storage/server/server-users.ts";
import * as userEvents from "../../../src/storage/server/user-events.ts";
import * as spaceAudit from "../../../src/storage/spaces/audit.ts";
import { noteOf } from "../../../src/storage/spaces/audit-notes.ts";
import * as bans from "../../../src/storage/spaces/bans.ts";
import * as categories from "../../../src/storage/spaces/categories.ts";
import * as channels from "../../../src/storage/spaces/channels.ts";
import * as spaceDirectory from "../../../src/storage/spaces/directory.ts";
import * as invitations from "../../../src/storage/spaces/invitations.ts";
import * as spaceMembers from "../../../src/storage/spaces/members.ts";
import * as overrides from "../../../src/storage/spaces/overrides.ts";
import * as roles from "../../../src/storage/spaces/roles.ts";
import * as spaces from "../../../src/storage/spaces/spaces.ts";
import * as views from "../../../src/storage/spaces/views.ts";
import { DEFAULT_PROFILE } from "../../support/objects/profile.ts";

const ANN = UserId.parse(100_000);
const BOB = UserId.parse(100_001);
const ID = ConversationId.parse(1);
const HOOK = HookId.parse("hk_0000000000000000");
const EXTERNAL_ID = ExternalId.parse("u-1");
const SESSION = SessionId.parse("0".repeat(32));
const CODE = ConversationCode.parse("0".repeat(32));
const HANDLE = Handle.parse("no such group");
const PLACE = SignInPlace.parse("0".repeat(16));
const KEY = FileKey.parse("0".repeat(32));
const OTHER_KEY = FileKey.parse("1".repeat(32));
const SEQ = Seq.parse(1);
/** A newest countable message. */
const NEWEST = { count: 1, at: 1 };
const MANY = Array.from({ length: 300 }, (_, i) => ConversationId.parse(i + 1));

const UPLOAD = {
  ...{ key: KEY, userId: ANN, clientUploadId: ClientUploadId.parse("x"), r2UploadId: "x", name: "x" },
  ...{ size: 1, contentType: "x/x", state: "open" as const, expiresAt: 1 },
};
const FILE = {
  ...{ key: KEY, userId: ANN, name: "x", size: 0, contentType: "text/plain" },
  ...{ sha256: "", md5: "", createdAt: 0, expiresAt: 0 },
};
const REPORT_ID = ReportId.parse(1);
const ABOUT = { conversationId: null, seq: null, userId: BOB };
const REPORT = {
  ...{ reporterId: ANN, about: ABOUT, reason: "spam" as const, note: "", createdAt: 0, kept: [], keys: [] },
};
const HELD_ID = HeldMessageId.parse(1);
const HELD = {
  ...{ conversationId: ID, senderId: ANN, rules: [], isStored: false },
  draft: { clientMsgId: "a", kind: "text" as const, body: "{}", quoteSeq: undefined, mentions: [] },
};
const AUDIT = {
  ...{ staff: { userId: ANN, key: null, from: null }, action: "report_read" as const },
  ...{ subject: {}, reason: "", at: 0 },
};
const SPACE = SpaceId.parse(1);
const NOTE = noteOf(ANN, "space_changed", { after: { name: "x" } });
const READ = { id: SPACE, version: 1, note: NOTE };
const ROLE_ID = RoleId.parse(1);
const ROLE = { name: "Gardeners", color: null, permissions: 1, mentionable: false, hoist: false };
const CATEGORY_ID = CategoryId.parse(1);
const EXTERNAL_ROLE = ExternalId.parse("r-1");
const NEW_SPACE = {
  ...{ name: "x", avatar: "", description: "", ownerId: ANN, createdAt: 0 },
  ...{ discoverable: false, metadata: "" },
  clientSpaceId: ClientSpaceId.parse("x"),
};
const INVITATION = {
  ...{ code: newSpaceCode(), createdBy: ANN, createdAt: 0, expiresAt: 1, maxUses: null, uses: 0 },
  ...{ roleIds: [], channelIds: [] },
};
const PART = { part: 1, stored: 1, etag: "x", sha256: "" };

/** Every function of src/storage that queries D1, called as the use-cases call it. */
const QUERIES: Record<string, (db: Database) => Promise<unknown>> = {
  fillInUsernameKeys: (db) => keys.fillInUsernameKeys(db, 10),
  openDirect: (db) =>
    conversations.openDirect(db, [ANN, BOB], 0, { caller: ANN, admitted: "contacts", friendsOnly: false }),
  "openDirect, for friends": (db) =>
    conversations.openDirect(db, [ANN, BOB], 0, { caller: ANN, admitted: null, friendsOnly: true }),
  insertGroup: (db) => {
    const group = {
      ...DEFAULT_PROFILE,
      name: "x",
      avatar: "",
      introduction: "",
      announcement: "",
      joinPolicy: "free",
    } as const;
    const members = [ANN, BOB].map((userId) => ({ userId, role: "member" as const, customFields: {} }));
    const defaults = {
      policy: "group",
      ownerId: ANN,
      members,
      code: CODE,
      handle: HANDLE,
      clientGroupId: ClientGroupId.parse("x"),
      createdAt: 0,
    } as const;
    return groups.insertGroup(db, {
      ...group,
      ...defaults,
      ...{ externalId: EXTERNAL_ID, among: "friends", asked: [BOB] },
    });
  },
  findCreatedGroup: (db) => groups.findCreatedGroup(db, ANN, ClientGroupId.parse("x")),
  findGroup: (db) => groups.findGroup(db, ANN, { id: ID }),
  "findGroup, by its given id": (db) => groups.findGroup(db, ANN, { handle: HANDLE }),
  findGroupId: (db) => groups.findGroupId(db, { id: ID }),
  "findGroupId, by its given id": (db) => groups.findGroupId(db, { handle: HANDLE }),
  findGroupIdAndHandle: (db) => groups.findGroupIdAndHandle(db, { id: ID }),
  "findGroupIdAndHandle, by its given id": (db) => groups.findGroupIdAndHandle(db, { handle: HANDLE }),
  mayKnowGroup: (db) => groups.mayKnowGroup(db, ANN, ID),
  findPeerName: (db) => recipients.findPeerName(db, ANN, "no such name"),
  findHandleOwner: (db) => groups.findHandleOwner(db, HANDLE),
  findOwnGroups: (db) => groups.findOwnGroups(db, ANN),
  findPeople: (db) => conversations.findPeople(db, [ANN, BOB]),
  findVersionedPeople: (db) => conversations.findVersionedPeople(db, [ANN, BOB]),
  findConversationAsCreated: (db) => groups.findConversationAsCreated(db, ID),
  findDirectByCode: (db) => direct.findDirectByCode(db, ANN, CODE),
  findRelation: (db) => direct.findRelation(db, ANN, BOB),
  findListRecords: (db) =>
    conversations.findListRecords(
      db,
      ANN,
      MANY.map((id) => ({ id, senderId: BOB, namedIds: [ANN] })),
    ),
  "findListRecords, left ones too": (db) =>
    conversations.findListRecords(db, ANN, [{ id: ID, senderId: null }], true),
  findListRecordsOfUsers: (db) => conversations.findListRecordsOfUsers(db, ID, [ANN, BOB]),
  updatePreferences: (db) => preferences.updatePreferences(db, ID, ANN, { pinned: true }, NEWEST),
  "updatePreferences, none": (db) => preferences.updatePreferences(db, ID, ANN, {}, NEWEST),
  "updatePreferences, muted": (db) => preferences.updatePreferences(db, ID, ANN, { mutedUntil: 1 }, NEWEST),
  "updatePreferences, left": (db) =>
    preferences.updatePreferences(db, ID, ANN, { pinned: true }, NEWEST, true),
  findArchiveStates: (db) => preferences.findArchiveStates(db, ANN, MANY),
  listOwnJoinRequests: (db) =>
    requests.listOwnJoinRequests(db, ANN, { after: { createdAt: 0, conversationId: ID }, limit: 10 }),
  conversationExists: (db) => preferences.conversationExists(db, ID),
  findPeersByName: (db) => named.findPeersByName(db, ANN, ["x", "y"]),
  findGroupIds: (db) => named.findGroupIds(db, [ID, "x"]),
  mayAskToJoin: (db) => requests.mayAskToJoin(db, ANN, ID),
  findMembersAmong: (db) => members.findMembersAmong(db, ID, [ANN, BOB]),
  findMembers: (db) => members.findMembers(db, MANY),
  findStoredContext: (db) => contexts.findStoredContext(db, ANN, ID),
  setOnline: (db) => presence.setOnline(db, ANN, true),
  findOnlineMembers: (db) => presence.findOnlineMembers(db, ID, { seenBy: ANN, limit: 2 }),
  countOnlineMembers: (db) => presence.countOnlineMembers(db, ID),
  onlineContactsQuery: (db) => presence.onlineContactsQuery(db, ANN, { after: 0, limit: 10 }),
  listOnlineContacts: (db) => presence.listOnlineContacts(db, ANN, { after: BOB, limit: 10 }),
  findAskingFirst: (db) => asked.findAskingFirst(db, ANN, [BOB], "contacts"),
  askQuery: (db) => asked.askQuery(db, ID, ANN, 0),
  requestDirectQuery: (db) =>
    asked.requestDirectQuery(db, [ANN, BOB], ANN, { createdAt: 0, admitted: "contacts" }),
  requestMembersQuery: (db) =>
    asked.requestMembersQuery(db, sql`c.code = ${CODE}`, { fromId: ANN, userIds: [BOB], createdAt: 0 }),
  requestMembers: (db) => asked.requestMembers(db, ID, { fromId: ANN, userIds: [BOB], createdAt: 0 }),
  deleteRequests: (db) => asked.deleteRequests(db, ID),
  "deleteRequests, of one user": (db) => asked.deleteRequests(db, ID, ANN),
  ignoreRequest: (db) => asked.ignoreRequest(db, ID, ANN),
  findDirectRequests: (db) => asked.findDirectRequests(db, ANN, BOB),
  listMessageRequests: (db) => asked.listMessageRequests(db, ANN, { after: [1, ID], limit: 10 }),
  "listMessageRequests, of one conversation": (db) =>
    asked.listMessageRequests(db, ANN, { limit: 1, id: ID }),
  insertBlocks: (db) => blocks.insertBlocks(db, ANN, [BOB], 0),
  deleteBlocks: (db) => blocks.deleteBlocks(db, ANN, [BOB]),
  findBlockedNames: (db) => blocks.findBlockedNames(db, ANN),
  listBlocked: (db) => blocks.listBlocked(db, ANN, { after: BOB, limit: 10 }),
  findBlockedAmong: (db) => blocks.findBlockedAmong(db, ANN, [ANN, BOB]),
  findDirectConversation: (db) => direct.findDirectConversation(db, ANN, BOB),
  findDirectConversations: (db) => direct.findDirectConversations(db, ANN, [BOB]),
  findDirectPermission: (db) => permission.findDirectPermission(db, ID),
  directPermissionQuery: (db) => permission.directPermissionQuery(db, ID),
  areInContact: (db) => friends.areInContact(db, ANN, BOB),
  askFriendship: (db) => friends.askFriendship(db, ANN, BOB, 0, 0),
  endFriendship: (db) => friends.endFriendship(db, ANN, BOB, 0),
  findStrangers: (db) => strangers.findStrangers(db, ANN, [BOB], "anything"),
  "findStrangers, of a look-up": (db) => strangers.findStrangers(db, ANN, [BOB], "lookup"),
  "findStrangers, in groups": (db) => strangers.findStrangers(db, ANN, [BOB], "group"),
  "findStrangers, for quotas": (db) => strangers.findStrangers(db, ANN, [BOB], "contact"),
  reserveLookups: (db) => strangers.reserveLookups(db, ANN, 1, { max: 1, now: 0 }),
  deleteOldLookups: (db) => strangers.deleteOldLookups(db, 0),
  listFriendsInFull: (db) => friendList.listFriendsInFull(db, ANN, { after: BOB, limit: 10 }),
  findFriendsInFull: (db) => friendList.findFriendsInFull(db, ANN, [BOB]),
  setRemark: (db) => friendList.setRemark(db, ANN, BOB, "x"),
  listFriendGroups: (db) => friendList.listFriendGroups(db, ANN),
  insertFriendGroup: (db) => friendList.insertFriendGroup(db, ANN, "x", { max: 10, now: 0 }),
  "changeFriendGroup, adding": (db) => friendList.changeFriendGroup(db, ANN, "x", { ids: [BOB], adds: true }),
  changeFriendGroup: (db) => friendList.changeFriendGroup(db, ANN, "x", { ids: [BOB], adds: false }),
  deleteFriendGroup: (db) => friendList.deleteFriendGroup(db, ANN, "x"),
  renameFriendGroup: (db) => friendList.renameFriendGroup(db, ANN, "x", "y"),
  markRequestsRead: (db) => friendList.markRequestsRead(db, ANN, 0),
  countUnreadRequests: (db) => friendList.countUnreadRequests(db, ANN, 10),
  findRequestsBetween: (db) => friendList.findRequestsBetween(db, ANN, BOB),
  sortConversations: (db) =>
    ownMarks.sortConversations(db, ANN, [ID], { mark: 1 }, { isSet: true, maxGroups: 1 }),
  "sortConversations, into a group": (db) =>
    ownMarks.sortConversations(db, ANN, [ID], { group: "x" }, { isSet: true, maxGroups: 1 }),
  "sortConversations, out of a group": (db) =>
    ownMarks.sortConversations(db, ANN, [ID], { group: "x" }, { isSet: false, maxGroups: 1 }),
  listConversationGroups: (db) => ownMarks.listConversationGroups(db, ANN),
  findSorted: (db) => ownMarks.findSorted(db, ANN, { mark: 1 }),
  "findSorted, in a group": (db) => ownMarks.findSorted(db, ANN, { group: "x" }),
  changeConversationGroup: (db) => ownMarks.changeConversationGroup(db, ANN, "x", "y"),
  deleteOldRejections: (db) => friends.deleteOldRejections(db, 0),
  listFriends: (db) => friends.listFriends(db, ANN, { after: BOB, limit: 10 }),
  findFriendsAmong: (db) => friends.findFriendsAmong(db, ANN, [ANN, BOB]),
  countRequests: (db) => friends.countRequests(db, ANN, 10),
  listRequests: (db) =>
    friends.listRequests(db, ANN, "incoming", { after: { createdAt: 0, otherId: BOB }, limit: 10 }),
  "listRequests, sent ones": (db) =>
    friends.listRequests(db, ANN, "outgoing", { after: { createdAt: 0, otherId: BOB }, limit: 10 }),
  findLiveSession: (db) => sessions.findLiveSession(db, { id: SESSION, userId: ANN, now: 0 }),
  countLiveSessions: (db) => sessions.countLiveSessions(db, ANN, 0),
  listLiveSessions: (db) => sessions.listLiveSessions(db, ANN, 0),
  insertSession: (db) => {
    const times = { createdAt: 0, lastSeenAt: 0, expiresAt: 0 };
    const session = { id: SESSION, userId: ANN, userAgent: "", carriesRole: true, ...times };
    return sessions.insertSession(db, session, { passwordHash: "x" });
  },
  recordFirstUse: (db) => sessions.recordFirstUse(db, { id: SESSION, userId: ANN }, 0),
  findEndedSessions: (db) => sessions.findEndedSessions(db, ANN, 0),
  updatePassword: (db) =>
    accounts.updatePassword(db, { userId: ANN, checked: null, next: "x", keep: SESSION }, 0),
  deleteUser: (db) => accounts.deleteUser(db, { userId: ANN, checked: "no such hash" }, 0),
  endAllSessions: (db) => sessions.endAllSessions(db, ANN, 0),
  endAllQuery: async (db) => sessions.endAllQuery(db, ANN, 0),
  suspendUser: (db) => accounts.suspendUser(db, ANN, { until: null, reason: "", shadow: false }, 0),
  shadowUser: (db) => accounts.shadowUser(db, ANN, { until: null, reason: "", shadow: true }),
  liftSuspension: (db) => accounts.liftSuspension(db, ANN),
  "insertSession, of any user": (db) => {
    const times = { createdAt: 0, lastSeenAt: 0, expiresAt: 0 };
    const session = { id: SESSION, userId: ANN, userAgent: "", carriesRole: false, ...times };
    return sessions.insertSession(db, session, "any");
  },
  listMemberships: (db) => memberships.listMemberships(db, ANN, { after: 0, limit: 10 }),
  markSessionEnded: (db) => sessions.markSessionEnded(db, SESSION, 0),
  updateLastUse: (db) => sessions.updateLastUse(db, SESSION, 0),
  deleteExpiredSessions: (db) => sessions.deleteExpiredSessions(db, 0),
  reserveAttempt: (db) => attempts.reserveAttempt(db, fromElsewhere("x"), { attempts: 10, window: 1 }, 0),
  reserveSpacedAttempt: (db) => {
    const rule = { free: 10, window: 1, firstGap: 1, maxGap: 1 };
    return attempts.reserveSpacedAttempt(db, fromElsewhere("x"), rule, 0);
  },
  listNewestAttempts: (db) => attempts.listNewestAttempts(db, fromElsewhere("x"), 10),
  deleteAttempts: (db) => attempts.deleteAttempts(db, [1]),
  markAttemptsWrong: (db) => attempts.markAttemptsWrong(db, [1]),
  hasSignedInFrom: (db) => places.hasSignedInFrom(db, ANN, PLACE),
  recordSignInPlace: (db) => places.recordSignInPlace(db, ANN, PLACE, 0),
  deleteOldSignInPlaces: (db) => places.deleteOldSignInPlaces(db, 0),
  findAccountById: (db) => users.findAccountById(db, ANN),
  deleteOldAttempts: (db) => attempts.deleteOldAttempts(db, 0),
  writeProjection: (db) => {
    const { name, avatar, introduction, announcement } = {
      name: "",
      avatar: "",
      introduction: "",
      announcement: "",
    };
    const profile = { kind: "group", name, avatar, introduction, announcement, joinPolicy: "free" } as const;
    return projection.writeProjection(db, ID, {
      conversation: {
        profile: { ...DEFAULT_PROFILE, ...profile, policy: "group", ownerId: ANN, createdAt: 0, version: 1 },
        dissolvedAt: null,
      },
      members: [{ userId: ANN, role: "member", state: "active", joinedAt: 0, version: 1 }],
      knownUsers: [BOB],
    });
  },
  "writeProjection, members alone": (db) =>
    projection.writeProjection(db, ID, { members: [], knownUsers: [] }),
  "writeProjection, requests": (db) =>
    projection.writeProjection(db, ID, {
      members: [],
      knownUsers: [],
      requests: [{ userId: ANN, requestedAt: 0, version: 1 }],
    }),
  "writeProjection, answered": (db) =>
    projection.writeProjection(db, ID, { members: [], knownUsers: [], answered: true }),
  findNames: (db) => users.findNames(db, [ANN, BOB]),
  findUsersWithDeleted: (db) => users.findUsersWithDeleted(db, [ANN, BOB], ANN),
  findUsersWithRelation: (db) => users.findUsersWithRelation(db, [ANN, BOB], ANN),
  findLiveUsers: (db) => users.findLiveUsers(db, [ANN, BOB]),
  findLiveUsersByName: (db) => users.findLiveUsersByName(db, ["x", "y"]),
  findUsersSeenBy: (db) => users.findUsersSeenBy(db, ["x", "y"], ANN),
  findAccountState: (db) => users.findAccountState(db, ANN),
  findFile: (db) => files.findFile(db, KEY, 0),
  findExistingKeys: (db) => files.findExistingKeys(db, [KEY, KEY]),
  deleteFileOf: (db) => files.deleteFileOf(db, KEY, ANN),
  findFileUse: (db) => usage.findFileUse(db, ANN),
  sizeOfOpenUploads: (db) => uploads.sizeOfOpenUploads(db, ANN, 0),
  insertUpload: (db) => uploads.insertUpload(db, UPLOAD, 10, 0),
  findUploadOfName: (db) => uploads.findUploadOfName(db, ANN, UPLOAD.clientUploadId, 0),
  findUpload: (db) => uploads.findUpload(db, ANN, KEY, 0),
  findUploadWithParts: (db) => uploads.findUploadWithParts(db, ANN, KEY, 0),
  beginAttempt: (db) => uploads.beginAttempt(db, KEY, 1, 0),
  recordPart: (db) => uploads.recordPart(db, KEY, PART),
  freezeUpload: (db) => uploads.freezeUpload(db, ANN, KEY, 0),
  publishUpload: (db) => uploads.publishUpload(db, { ...FILE, key: OTHER_KEY }, { keptUntil: 0, limit: 1 }),
  endUpload: (db) => uploads.endUpload(db, ANN, KEY),
  endUploadsQuery: async (db) => uploads.endUploadsQuery(db, ANN, sql`1`),
  endExpiredUploads: (db) => uploads.endExpiredUploads(db, 1, { after: "", limit: 10 }),
  deleteEndedUploads: (db) => uploads.deleteEndedUploads(db, [KEY, KEY]),
  keepFileUntil: (db) => files.keepFileUntil(db, KEY, 0),
  addFileReferences: (db) => references.addFileReferences(db, ID, [{ key: KEY, seq: SEQ }]),
  removeFileReferences: (db) =>
    references.removeFileReferences(db, ID, [{ seq: SEQ, senderId: ANN, keys: [KEY] }], 0),
  deleteReleasedFiles: (db) => released.deleteReleasedFiles(db, [KEY], { now: 0, deletionMs: 0 }),
  releaseQuery: async (db) => released.releaseQuery(db, sql`${KEY} = files.key`, sql`1`, 0),
  endQueries: (db) => db.batch(expiry.endQueries(db, sql`files.key = ${KEY}`, 0)),
  postponeDeletion: (db) => released.postponeDeletion(db, [KEY], 0),
  releaseFilesOf: (db) => released.releaseFilesOf(db, ANN, { after: "", limit: 10 }, 0),
  markUnshownFiles: (db) => expiry.markUnshownFiles(db, "0", { now: 0, expiresAt: 0 }, 10),
  deleteExpiredFiles: async (db) => {
    await files.insertFile(db, FILE, null);
    return expiry.deleteExpiredFiles(db, { now: 1, deletionMs: 0 }, 10);
  },
  findUser: (db) => users.findUser(db, BOB, ANN),
  findUserByName: (db) => users.findUserByName(db, "x"),
  findAccount: (db) => users.findAccount(db, "x"),
  findAccountsByNameOrEmail: (db) => users.findAccountsByNameOrEmail(db, "x", { place: PLACE, former: null }),
  findProfilesByName: (db) => users.findProfilesByName(db, ["x", "y"], ANN),
  findMe: (db) => users.findMe(db, ANN),
  findExtendedProfilesSeenBy: (db) => particulars.findExtendedProfilesSeenBy(db, [ANN, BOB], ANN),
  findExtendedProfileByName: (db) => particulars.findExtendedProfileByName(db, "x"),
  updateExtendedProfile: (db) =>
    particulars.updateExtendedProfile(db, ANN, { city: "x" }, "passwordless", { max: 5, dayMs: 1 }),
  personQuery: (db) => users.personQuery(db, ANN),
  updateProfile: (db) => users.updateProfile(db, ANN, { nickname: "x" }, { max: 5, dayMs: 1 }),
  findServerUser: (db) => serverUsers.findServerUser(db, { id: ANN }, 0),
  "findServerUser, by the id of a backend": (db) =>
    serverUsers.findServerUser(db, { externalId: EXTERNAL_ID }, 0),
  findActor: (db) => serverUsers.findActor(db, { externalId: EXTERNAL_ID }, 0),
  findConversationIds: (db) =>
    serverConversations.findConversationIds(db, [{ id: ID }, { externalId: EXTERNAL_ID }]),
  findConversationExternalId: (db) => serverConversations.findConversationExternalId(db, ID),
  findExternalIds: (db) => serverUsers.findExternalIds(db, [ANN]),
  findLiveServerUsers: (db) => serverUsers.findLiveServerUsers(db, [ANN], 0),
  findHook: (db) => hooks.findHook(db, HOOK),
  findHookTarget: (db) => hooks.findHookTarget(db, HOOK, 0),
  hooksOfAllQuery: (db) => hooks.hooksOfAllQuery(db),
  updateHook: (db) => hooks.updateHook(db, HOOK, { state: "active" }),
  rotateHookSecret: (db) => hooks.rotateHookSecret(db, HOOK, "", 0),
  endHook: (db) => hooks.endHook(db, HOOK, "gone"),
  deleteHook: (db) => hooks.deleteHook(db, HOOK),
  deleteHookFailure: (db) => hooks.deleteHookFailure(db, HOOK, "c1"),
  listHookConversations: (db) => hooks.listHookConversations(db, HOOK, 0, 10),
  listHookFailures: (db) => hooks.listHookFailures(db, HOOK, 10),
  storeLargeObject: (db) =>
    largeObjects.storeLargeObject(db, { kind: "inbox", id: ANN, bytes: 1, archives: [], reportedAt: 1 }),
  claimLinkPreview: (db) =>
    linkPreviews.claimLinkPreview(
      db,
      { url: "https://a.example/", userId: ANN },
      { now: 9, keepMs: 1, leaseMs: 1 },
      20,
    ),
  storeLinkPreview: (db) => linkPreviews.storeLinkPreview(db, "https://a.example/", null),
  deleteOldLinkPreviews: (db) => linkPreviews.deleteOldLinkPreviews(db, 0),
  databaseBytes: (db) => largeObjects.databaseBytes(db),
  deleteLargeObject: (db) => largeObjects.deleteLargeObject(db, "inbox", ANN),
  listLargeObjects: (db) => largeObjects.listLargeObjects(db, { least: 1, since: 0 }, 20),
  listBotsOf: (db) => bots.listBotsOf(db, ANN),
  findBotOf: (db) => bots.findBotOf(db, ANN, BOB),
  findBotState: (db) => bots.findBotState(db, ANN),
  findAccountable: (db) => bots.findAccountable(db, ANN),
  findRegisteredAt: (db) => bots.findRegisteredAt(db, ANN),
  listOrphanedBots: (db) => bots.listOrphanedBots(db, 10),
  liftBotsOf: (db) => bots.liftBotsOf(db, ANN),
  storeCommands: (db) => commands.storeCommands(db, ANN, "", [{ command: "help", description: "help" }]),
  findCommands: (db) => commands.findCommands(db, ANN, ""),
  findCommandsOf: (db) => commands.findCommandsOf(db, [ANN], ["de", ""]),
  listHooksOfUsers: (db) => userEvents.listHooksOfUsers(db),
  lastUserEventBefore: (db) => userEvents.lastUserEventBefore(db, 0),
  listUserEvents: (db) => userEvents.listUserEvents(db, 0, 10, 0),
  findStaffRole: (db) => staff.findStaffRole(db, { userId: ANN, sessionId: SESSION }),
  listStaff: (db) => staff.listStaff(db, 50, ANN),
  findSubject: (db) => staff.findSubject(db, ANN),
  countWaiting: (db) => staff.countWaiting(db, 100, { reports: ANN, held: ANN }),
  setStaffRole: (db) => staff.setStaffRole(db, ANN, "admin", AUDIT),
  listAudit: (db) => auditLog.listAudit(db, 10, 10, ANN),
  countReports: (db) => reports.countReports(db, ANN, 0),
  findReportAbout: (db) => reports.findReportAbout(db, ANN, ABOUT),
  insertReport: (db) => reports.insertReport(db, REPORT, { since: 0, max: 1 }),
  listGroupsOf: (db) => staff.listGroupsOf(db, ANN, 10),
  findUsersByPrefix: (db) => staff.findUsersByPrefix(db, "an", null, 10),
  listReports: (db) => reports.listReports(db, "open", { before: null, limit: 10, hiddenFrom: ANN }),
  listReportsOf: (db) => reports.listReportsOf(db, ANN, 10, ANN),
  findReports: (db) => reports.findReports(db, [REPORT_ID]),
  findReport: (db) => reports.findReport(db, REPORT_ID),
  findKeptReport: (db) => reports.findKeptReport(db, REPORT_ID),
  findReportFile: (db) => reportFiles.findReportFile(db, REPORT_ID, KEY),
  reportFilesQuery: async (db) => reportFiles.reportFilesQuery(db, REPORT_ID),
  keptQuery: async (db) => reportFiles.keptQuery(db, [KEY]),
  hasReportIn: (db) => reports.hasReportIn(db, ID, { besides: ANN, notBy: ANN }),
  changeReport: (db) =>
    reports.changeReport(
      db,
      {
        ...REPORT,
        id: REPORT_ID,
        subjectId: BOB,
        state: "open",
        takenBy: null,
        resolution: null,
        staffNote: "",
        changedAt: 0,
      },
      { state: "taken", takenBy: ANN, resolution: null, staffNote: "" },
      AUDIT,
    ),
  findRules: (db) => rules.findRules(db, 1),
  storeRules: (db) => rules.storeRules(db, [], 1, AUDIT),
  holdMessage: (db) => heldMessages.holdMessage(db, HELD, 0, 1),
  listHeldMessages: (db) =>
    heldMessages.listHeldMessages(db, "waiting", { before: null, limit: 10, hiddenFrom: ANN }),
  listHeldMessagesOf: (db) => heldMessages.listHeldMessagesOf(db, ANN, 0, { before: null, limit: 10 }),
  findHeldMessage: (db) => heldMessages.findHeldMessage(db, HELD_ID),
  decideHeldMessage: (db) => heldMessages.decideHeldMessage(db, HELD_ID, "accepted", AUDIT),
  withdrawHeldMessage: (db) => heldMessages.withdrawHeldMessage(db, ANN, HELD_ID),
  "withdrawHeldMessage, of a scheduled message": (db) =>
    heldMessages.withdrawHeldMessage(db, ANN, { conversationId: ID, clientMsgId: "a" }),
  deleteOldHeldMessages: (db) => heldMessages.deleteOldHeldMessages(db, 0),
  deleteKeptMessages: (db) => reports.deleteKeptMessages(db, 0),
  deleteOldUserEvents: (db) => userEvents.deleteOldUserEvents(db, 0),
  findServerUsers: (db) => serverUsers.findServerUsers(db, [EXTERNAL_ID, EXTERNAL_ID], 0),
  ...Object.fromEntries(
    ([null, ...UserState.options] as const).map((state) => [
      `listServerUsers, ${state}`,
      (db: Database) => serverUsers.listServerUsers(db, { after: 0, limit: 10, state }, 0),
    ]),
  ),
  findNamedUsers: (db) => namedUsers.findNamedUsers(db, [{ id: ANN }, { externalId: EXTERNAL_ID }]),
  findNamedConversation: (db) => serverConversations.findNamedConversation(db, { id: ID }),
  "findNamedConversation, by the id of a backend": (db) =>
    serverConversations.findNamedConversation(db, { externalId: EXTERNAL_ID }),
  listServerConversations: (db) =>
    serverConversations.listServerConversations(db, { after: 0, limit: 10, externalId: null }),
  "listServerConversations, by the id of a backend": (db) =>
    serverConversations.listServerConversations(db, { after: 0, limit: 10, externalId: EXTERNAL_ID }),
  insertSpace: (db) => spaces.insertSpace(db, NEW_SPACE, newChannel(ANN, { name: "x" }), 9),
  countSpaces: (db) => spaces.countSpaces(db, ANN),
  findCreatedSpace: (db) => spaces.findCreatedSpace(db, ANN, NEW_SPACE.clientSpaceId),
  findSpace: (db) => spaces.findSpace(db, ANN, SPACE),
  listSpaces: (db) => spaces.listSpaces(db, ANN, { after: { position: 0, id: 9 }, limit: 10 }),
  storeSpaceOrder: (db) => spaces.storeSpaceOrder(db, ANN, [SPACE]),
  updateOwnMembership: (db) => spaces.updateOwnMembership(db, SPACE, ANN, { nameCard: "x" }),
  updateSpace: (db) => spaces.updateSpace(db, SPACE, { name: "x" }, NOTE),
  storeOwner: (db) => spaces.storeOwner(db, READ, ANN),
  listDiscoverable: (db) => spaceDirectory.listDiscoverable(db, { before: 9, limit: 10 }),
  joinDiscoverable: (db) =>
    spaceDirectory.joinDiscoverable(db, SPACE, { userId: ANN, now: 0, most: 9, mostSpaces: 9 }),
  noteChannel: (db) => spaceAudit.noteChannel(db, SPACE, NOTE),
  noteChannelEnd: (db) => spaceAudit.noteChannelEnd(db, ID, NOTE),
  listNotes: (db) => spaceAudit.listNotes(db, SPACE, { before: 9, limit: 10 }),
  dissolveSpace: (db) => spaces.dissolveSpace(db, SPACE, ANN, 0),
  wasOwner: (db) => spaces.wasOwner(db, SPACE, ANN),
  listChannels: (db) => spaces.listChannels(db, SPACE),
  insertChannel: (db) =>
    channels.insertChannel(
      db,
      SPACE,
      { ...newChannel(ANN, { name: "x" }), categoryId: null, isDefault: true, overrides: [] },
      9,
      NOTE,
    ),
  updateChannel: (db) => channels.updateChannel(db, READ, ID, { categoryId: null, isDefault: true }),
  listSpaceBans: (db) => bans.listSpaceBans(db, SPACE, { after: 0, limit: 9 }),
  insertSpaceBan: (db) =>
    bans.insertSpaceBan(
      db,
      READ,
      { userId: BOB, bannedBy: ANN, reason: "", createdAt: 0 },
      { most: 9, wasMember: true },
    ),
  deleteSpaceBan: (db) => bans.deleteSpaceBan(db, READ, BOB),
  listCategories: (db) => categories.listCategories(db, SPACE),
  insertCategory: (db) =>
    categories.insertCategory(db, READ, { name: "x", externalId: EXTERNAL_ROLE, most: 9 }),
  renameCategory: (db) => categories.renameCategory(db, READ, CATEGORY_ID, "x"),
  deleteCategory: (db) => categories.deleteCategory(db, READ, CATEGORY_ID),
  storeOrder: (db) =>
    categories.storeOrder(db, READ, {
      categoryIds: [CATEGORY_ID],
      channels: [{ id: ID, categoryId: CATEGORY_ID }],
    }),
  findChannels: (db) => channels.findChannels(db, SPACE, ANN),
  listFollowed: (db) => channels.listFollowed(db, SPACE, ANN),
  listAllFollowed: (db) => channels.listAllFollowed(db, ANN),
  isSpaceOver: (db) => views.isSpaceOver(db, SPACE),
  listNewestSpaces: (db) => spaces.listNewestSpaces(db, ANN, { before: 9, limit: 10 }),
  findSpaceViews: (db) => views.findSpaceViews(db, ANN, null),
  listSpaceMembers: (db) =>
    spaceMembers.listSpaceMembers(db, SPACE, { after: { joinedAt: 0, userId: ANN }, limit: 10 }),
  "listSpaceMembers, of a role": (db) =>
    spaceMembers.listSpaceMembers(db, SPACE, { after: undefined, limit: 10, roleId: ROLE_ID }),
  findSpaceMembers: (db) => spaceMembers.findSpaceMembers(db, SPACE, [ANN]),
  listMemberCards: (db) => spaceMembers.listMemberCards(db, SPACE, 9),
  listMuted: (db) => spaceMembers.listMuted(db, SPACE, 0),
  listOnlineMembers: (db) => spaceMembers.listOnlineMembers(db, SPACE, 9),
  listOnlineBots: (db) => spaceMembers.listOnlineBots(db, SPACE, 9),
  deleteSpaceMember: (db) => spaceMembers.deleteSpaceMember(db, READ, ANN),
  findOnlineUsers: (db) => spaceMembers.findOnlineUsers(db, [ANN]),
  readServerSpace: (db) => serverSpaces.readServerSpace(db, SPACE),
  findHookParts: (db) =>
    serverSpaces.findHookParts(db, {
      spaceIds: [SPACE],
      members: [{ spaceId: SPACE, userId: ANN }],
      roleIds: [ROLE_ID],
    }),
  findNamedPlaces: (db) => serverSpaces.findNamedPlaces(db, [EXTERNAL_ROLE]),
  storeRights: (db) =>
    serverSpaces.storeRights(db, READ, {
      space: { everyone: 1 },
      newRoles: [{ ...ROLE, externalId: EXTERNAL_ROLE }],
      roles: [{ ...ROLE, id: ROLE_ID }],
      overrides: [{ channel: ID, role: EXTERNAL_ROLE, allow: 1, deny: 0 }],
      defaults: [{ channel: ID, isDefault: true }],
      newCategories: [{ externalId: EXTERNAL_ROLE, name: "x" }],
      categories: [{ id: CATEGORY_ID, name: "x" }],
      places: [{ channel: ID, category: EXTERNAL_ROLE }],
    }),
  listServerMembers: (db) =>
    serverSpaces.listServerMembers(db, SPACE, { after: { joinedAt: 0, userId: ANN }, limit: 10 }),
  deleteSpaceMembers: (db) => serverSpaces.deleteSpaceMembers(db, READ, [ANN]),
  listFollowedByAny: (db) => serverSpaces.listFollowedByAny(db, SPACE, [ANN]),
  findUnfollowing: (db) => serverSpaces.findUnfollowing(db, SPACE, [ANN]),
  muteSpaceMember: (db) => spaceMembers.muteSpaceMember(db, READ, ANN, 0),
  leaseSpace: (db) =>
    spaceMembers.leaseSpace(
      db,
      SPACE,
      { conversationId: ID, until: 0, known: 0, asked: [ANN], followers: "special" },
      9,
    ),
  findSpaceById: (db) => namedSpaces.findSpaceById(db, SPACE),
  findImportedSpaces: (db) => namedSpaces.findImportedSpaces(db, [ExternalId.parse("parley:s1-1")]),
  insertNamedSpace: (db) =>
    namedSpaces.insertNamedSpace(db, {
      ...{ name: "", avatar: "", description: "", everyone: 1, externalId: EXTERNAL_ROLE, ownerId: ANN },
      ...{ createdAt: 1, dissolvedAt: null },
    }),
  findNamedCategories: (db) => namedSpaces.findNamedCategories(db, SPACE),
  insertNamedCategory: (db) =>
    namedSpaces.insertNamedCategory(db, SPACE, { externalId: EXTERNAL_ROLE, name: "x", position: 1 }, 9),
  findNamedRoles: (db) => namedSpaces.findNamedRoles(db, SPACE),
  insertNamedRole: (db) =>
    namedSpaces.insertNamedRole(db, SPACE, { ...ROLE, externalId: EXTERNAL_ROLE, position: undefined }, 1),
  findMemberStates: (db) => namedSpaces.findMemberStates(db, SPACE, [ANN]),
  storeMembers: (db) =>
    namedSpaces.storeMembers(
      db,
      READ,
      [{ userId: ANN, joinedAt: 1, roleIds: [ROLE_ID], mutedUntil: 1, nameCard: "Ann" }],
      { added: 1, most: 9 },
    ),
  findSpaceOf: (db) => spaces.findSpaceOf(db, ID),
  listRoles: (db) => roles.listRoles(db, SPACE),
  findMentionedMembers: (db) =>
    roles.findMentionedMembers(db, { spaceId: SPACE, id: ID }, { roles: [ROLE_ID], here: true }, 9),
  insertRole: (db) => roles.insertRole(db, READ, { ...ROLE, externalId: EXTERNAL_ROLE }),
  updateRole: (db) => roles.updateRole(db, READ, ROLE_ID, ROLE),
  updateEveryone: (db) => roles.updateEveryone(db, READ, 1),
  deleteRole: (db) => roles.deleteRole(db, READ, ROLE_ID),
  orderRoles: (db) => roles.orderRoles(db, READ, [ROLE_ID]),
  storeMemberRole: (db) => roles.storeMemberRole(db, READ, { userId: ANN, roleId: ROLE_ID, isGiven: true }),
  listOverrides: (db) => overrides.listOverrides(db, ID),
  findOverridesOf: (db) => overrides.findOverridesOf(db, SPACE, { userId: ANN, roleIds: [ROLE_ID] }),
  keepOutside: (db) => overrides.keepOutside(db, READ, ID, { users: [ANN], denied: [ANN] }),
  storeOverrides: (db) =>
    overrides.storeOverrides(db, READ, ID, [
      { roleId: ROLE_ID, userId: null, rights: { allow: 1, deny: 2 } },
    ]),
  listLeases: (db) => spaceMembers.listLeases(db, SPACE, 0),
  insertInvitation: (db) => invitations.insertInvitation(db, SPACE, INVITATION, 9, NOTE),
  listInvitations: (db) =>
    invitations.listInvitations(db, SPACE, {
      ...{ after: { createdAt: 0, code: "" }, limit: 10, now: 0, maker: null },
    }),
  deleteInvitation: (db) => invitations.deleteInvitation(db, SPACE, "x", ANN, NOTE),
  findInvitation: (db) => invitations.findInvitation(db, INVITATION.code, ANN, 0),
  useInvitation: (db) =>
    invitations.useInvitation(db, INVITATION.code, {
      ...{ userId: ANN, use: "x", now: 0, mostSpaces: 9, most: 9, roles: { given: [ROLE_ID], version: 1 } },
    }),
  updateServerUser: (db) =>
    serverUsers.updateServerUser(db, { id: ANN, username: "ann" }, { username: "anna", email: "a@x" }, 0),
};

/** The plans of these name tables that refer to users, of which nothing is read. */
const INSERTS = [
  "auditIfChangedQuery",
  "auditQuery",
  "endingQueries",
  "keepFilesQuery",
  "hasRoom",
  "accountableFor",
  "accountedWith",
  "insertAudit",
  "insertUser",
  "insertBot",
  "insertProvisioned",
  "insertServerUser",
  "insertNamedUsers",
  "insertFile",
  "storeHookFailure",
];
/** A table of 20 rows at most, which they read as a whole. */
const SMALL = ["listHooks", "insertHook"];

beforeAll(async () => {
  const insert = "INSERT INTO users (id, username, created_at) VALUES (?, 'ann', 0), (?, 'bob', 0)";
  await env.DB.prepare(insert).bind(ANN, BOB).run();
});

test("the list contains every query, except inserts of one row", () => {
  const modules = [
    accounts,
    asked,
    attempts,
    blocks,
    conversations,
    direct,
    expiry,
    files,
    released,
    usage,
    permission,
    places,
    friends,
    friendList,
    ownMarks,
    groups,
    members,
    memberships,
    named,
    namedSpaces,
    particulars,
    preferences,
    presence,
    projection,
    recipients,
    references,
    uploads,
    requests,
    contexts,
    sessions,
    strangers,
    keys,
    users,
    namedUsers,
    serverConversations,
    serverUsers,
    hooks,
    userEvents,
    largeObjects,
    linkPreviews,
    bots,
    commands,
    auditLog,
    reports,
    reportFiles,
    rules,
    heldMessages,
    staff,
    spaces,
    spaceAudit,
    spaceDirectory,
    spaceMembers,
    serverSpaces,
    bans,
    categories,
    channels,
    invitations,
    overrides,
    roles,
    views,
  ];
  const names = modules.flatMap((module) => Object.keys(module));
  const planned = Object.keys(QUERIES).map((name) => name.replace(/,.*/, ""));
  expect(new Set([...planned, ...INSERTS, ...SMALL])).toEqual(new Set(names));
});

/** A database that records the statements that pass through it. */
function noting(statements: string[]): Database {
  return openDatabase(
    new Proxy(env.DB, {
      get(target, key) {
        if (key === "batch") return target.batch.bind(target);
        if (key !== "prepare") return Reflect.get(target, key);
        return (statement: string) => {
          statements.push(statement);
          return target.prepare(statement);
        };
      },
    }),
  );
}

const Plan = z.array(z.object({ detail: z.string() }));

test.each(Object.entries(QUERIES))("%s scans no whole table", async (_, query) => {
  const statements: string[] = [];
  await query(noting(statements));
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) {
    const placeholders = [...statement.matchAll(/\?/g)].map(() => 0);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`)
      .bind(...placeholders)
      .all();
    const steps = Plan.parse(results).map(({ detail }) => detail);
    // `SCAN x` reads all of x. A subquery, a JSON array or a constant row was narrowed before.
    const whole = steps.filter(
      (step) => /^SCAN (?!\(|[0-9]|CONSTANT)/.test(step) && !step.includes("VIRTUAL TABLE"),
    );
    expect(whole, statement).toEqual([]);
    // To make an automatic index SQLite reads the whole table.
    expect(
      steps.filter((step) => step.includes("AUTOMATIC")),
      statement,
    ).toEqual([]);
  }
});
