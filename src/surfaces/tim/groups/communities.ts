import { type Context, Hono } from "hono";
import { z } from "zod";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type { JoinPolicy } from "../../../domain/conversations/group-kind.ts";
import { invalid, noConversation } from "../../../domain/errors.ts";
import type { ConversationId, SpaceId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY, parseBody } from "../body.ts";
import { seconds } from "../context.ts";
import { atInfoOf } from "../conversations/conversation.ts";
import { succeed } from "../envelope.ts";
import { outcomeOf } from "../errors.ts";
import { groupID, spaceAt, topicID, wireGroupID } from "../ids.ts";
import { serializeLast } from "../messages/summary.ts";
import { listCommunities } from "../use-cases/communities.ts";
import {
  createTopic,
  customDataIn,
  deleteTopics,
  editTopic,
  listTopics,
  MAX_ENDED,
  type Topic,
} from "../use-cases/topics.ts";
import { serializeCommunity, serializeOwn } from "./group.ts";

const text = textUpTo(LIMITS.description);
const { avatar } = ProfileFields.shape;

/** What a topic has besides its name. Absent fields keep their value. */
const TopicProfile = z.object({
  avatar: avatar.optional(),
  notification: text.optional(),
  introduction: text.optional(),
  customData: textUpTo(LIMITS.customValue).optional(),
});

/** `createTopicInCommunity` */
const NewTopic = TopicProfile.extend({
  groupID,
  topicName: GroupName,
  topicID: z.undefined("must be absent: the server gives a topic its id").optional(),
});

/** `updateTopicProfile` */
const TopicChange = TopicProfile.extend({
  ...{ groupID, topicID, topicName: GroupName.optional() },
  muteAllMembers: z.boolean().optional(),
});

/** `getTopicList`. Without a list all topics are meant. */
const Topics = z.object({ groupID, topicIDList: z.array(topicID).max(LIMITS.channels).optional() });

/** `deleteTopicFromCommunity` */
const EndedTopics = Topics.extend({ topicIDList: z.array(topicID).max(MAX_ENDED).optional() });

/** Calls about communities with topics, which are spaces, and about topics, which are their channels. */
export const communities = new Hono<CallerEnv>({ strict: false });

/** `getJoinedCommunityList`: the communities of the caller, in the order of their own. */
communities.post("/getJoinedCommunityList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  const { core, caller } = c.var;
  const list = await listCommunities(core, caller.userId);
  return succeed(c, { groupList: list.map((one) => serializeCommunity(one, caller.userId)) });
});

/** `createTopicInCommunity`: makes a topic, which the caller follows. */
communities.post("/createTopicInCommunity", authenticated, weighs("page"), async (c) => {
  const { groupID, topicName: name, topicID: _, ...fields } = await parseBody(c, NewTopic);
  const { notification: announcement, ...rest } = fields;
  const { core, caller } = c.var;
  const space = communityOf(groupID);
  const id = await createTopic(core, caller.userId, space, { name, announcement, ...rest });
  return succeed(c, { topicID: wireTopicID(space, id) });
});

/** `getTopicList`: the topics that the caller can read. Each hundred that they follow count as a page. */
communities.post("/getTopicList", authenticated, weighs("page"), async (c) => {
  const { groupID, topicIDList } = await parseBody(c, Topics);
  const { core, caller } = c.var;
  const space = communityOf(groupID);
  const ids = topicIDList?.map(({ id }) => id) ?? null;
  const admit = (calls: number) => countPages(c, caller.userId, calls - 1);
  const topics = await listTopics(core, caller.userId, space, { ids, admit });
  const found = new Set(topics.map(({ channel }) => channel.id));
  const missing = ids?.filter((id) => !found.has(id)) ?? [];
  const why = outcomeOf(c.req.path, noConversation().toFailure());
  return succeed(c, {
    successTopicList: topics.map((topic) => ({ topic: serializeTopic(space, topic) })),
    failureTopicList: missing.map((id) => ({ topicID: wireTopicID(space, id), ...why })),
  });
});

/** `updateTopicProfile` */
communities.post("/updateTopicProfile", authenticated, weighs("page"), async (c) => {
  const {
    groupID,
    topicID: { id },
    ...fields
  } = await parseBody(c, TopicChange);
  const { topicName: name, notification: announcement, muteAllMembers: muteAll, ...rest } = fields;
  const { core, caller } = c.var;
  const space = communityOf(groupID);
  const topic = await editTopic(core, caller.userId, space, id, { name, announcement, muteAll, ...rest });
  return succeed(c, { topic: serializeTopic(space, topic) });
});

/** `deleteTopicFromCommunity`: each by itself, and each counts as a page. */
communities.post("/deleteTopicFromCommunity", authenticated, weighs("page"), async (c) => {
  const { groupID, topicIDList } = await parseBody(c, EndedTopics);
  const { core, caller } = c.var;
  const space = communityOf(groupID);
  const ids = topicIDList?.map(({ id }) => id) ?? null;
  const admit = (topics: number) => countPages(c, caller.userId, topics - 1);
  const ends = await deleteTopics(core, caller.userId, space, { ids, admit });
  return succeed(c, {
    successTopicList: ends.flatMap(({ id, failure }) => (failure ? [] : { topicID: wireTopicID(space, id) })),
    failureTopicList: ends.flatMap(({ id, failure }) =>
      failure ? { topicID: wireTopicID(space, id), ...outcomeOf(c.req.path, failure) } : [],
    ),
  });
});

/** What a group is shown with, of which a community has less. */
interface GroupFields {
  name?: string | undefined;
  avatar?: string | undefined;
  introduction?: string | undefined;
  joinPolicy?: JoinPolicy | undefined;
  handle?: string | undefined;
  announcement?: string | undefined;
  maxMembers?: number | undefined;
  customFields?: object | undefined;
  muteAll?: boolean | undefined;
}

/**
 * The fields of a community: its topics have the others.
 * @throws `validation_failed` for what a community with topics does not have
 */
export function asCommunity(fields: GroupFields, hasMembers = false) {
  const { name, avatar, introduction: description, joinPolicy, handle, announcement } = fields;
  if (handle !== undefined) throw invalid("groupID", "must be absent: the server gives a community its id");
  const others = {
    ...{ notification: announcement, muteAllMembers: fields.muteAll, memberList: hasMembers },
    ...{ groupCustomField: fields.customFields, maxMemberNum: fields.maxMembers },
  };
  const [other] = Object.entries(others).find(([, value]) => value) ?? [];
  if (other) throw invalid(other, "is not of a community with topics");
  if (joinPolicy === "approval") throw invalid("joinOption", "must be FreeAccess or DisableApply");
  return { name, avatar, description, discoverable: joinPolicy && joinPolicy === "free" };
}

/** The space of a community: a call about one counts as a page. @returns null: of a group without topics */
export async function countedSpace(c: Context<CallerEnv>, group: GroupAddress): Promise<SpaceId | null> {
  const space = spaceAt(group);
  if (space !== null) await countPages(c, c.var.caller.userId, 1);
  return space;
}

/** The space of a community. @throws `not_found` for a group without topics */
function communityOf(group: GroupAddress): SpaceId {
  const space = spaceAt(group);
  if (space === null) throw noConversation();
  return space;
}

const wireTopicID = (spaceId: SpaceId, id: ConversationId): string => wireGroupID(id, { spaceId });

/** A topic as the caller sees it. One that they do not follow shows neither unread counts nor messages. */
function serializeTopic(space: SpaceId, { channel, own, profiles }: Topic) {
  const topicID = wireTopicID(space, channel.id);
  return {
    ...{ topicID, topicName: channel.name, avatar: channel.avatar, introduction: channel.topic },
    ...{ notification: channel.announcement, muteAllMembers: channel.muteAll },
    ...{ customData: customDataIn(channel), createTime: seconds(channel.createdAt) },
    infoSequence: channel.version,
    ...{ unreadCount: own?.unreadCount ?? 0, nextMessageSeq: own ? own.lastSeq + 1 : 0 },
    groupAtInfoList: own ? atInfoOf(own, topicID, profiles) : [],
    lastMessage: serializeLast(own?.lastMessage ?? null),
    ...(own && { selfInfo: serializeOwn(own) }),
  };
}
