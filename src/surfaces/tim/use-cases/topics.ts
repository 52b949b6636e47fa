import { loadProfiles, type ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Core } from "../../../core/context.ts";
import { loadConversations } from "../../../core/conversations/conversations.ts";
import { dissolveUntold, editGroup } from "../../../core/groups/groups.ts";
import { createChannel, listChannels } from "../../../core/spaces/channels.ts";
import { tellOnlineMembers } from "../../../core/spaces/tell-devices.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { CoreError, type Failure, invalid, noConversation } from "../../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import type { OwnChannel } from "../../../domain/spaces/channel.ts";
import { ofGroup } from "./communities.ts";

/** The conversations in one call of an inbox. */
const BATCH_SIZE = 100;

/** Where a channel keeps what an app stores with a topic. */
const CUSTOM_DATA = "customData";

/** A topic: a channel that the caller can read. */
export interface Topic {
  channel: OwnChannel;
  /** of one that they follow: what is in their list */
  own: Conversation | undefined;
  profiles: ProfileLookup;
}

/** What a topic is shown with. */
interface TopicFields {
  name?: string | undefined;
  avatar?: string | undefined;
  introduction?: string | undefined;
  announcement?: string | undefined;
  customData?: string | undefined;
}

/** Makes a channel, which the caller follows. @returns its number @throws as `createChannel` */
export async function createTopic(
  core: Core,
  caller: UserId,
  community: SpaceId,
  { name, avatar = "", introduction: topic, announcement = "", customData }: TopicFields & { name: string },
): Promise<ConversationId> {
  const customFields = customData === undefined ? {} : { [CUSTOM_DATA]: customData };
  const profile = { avatar, announcement, customFields };
  return (await ofGroup(createChannel(core, caller, community, { name, topic, profile }))).channel.id;
}

/** What an app stores with a topic; `""`: nothing. */
export function customDataIn({ customFields }: OwnChannel): string {
  return customFields[CUSTOM_DATA] ?? "";
}

/**
 * The topics of a community, in their order.
 * @param ids null: all that the caller can read
 * @param admit is told the number of calls of the inbox, each with one query of D1, before they are made
 * @throws `not_found` unless the caller is in the community; as `admit`
 */
export async function listTopics(
  core: Core,
  caller: UserId,
  community: SpaceId,
  { ids, admit }: { ids: readonly ConversationId[] | null; admit: (calls: number) => Promise<void> },
): Promise<Topic[]> {
  const all = await ofGroup(listChannels(core, caller, community));
  const channels = ids ? all.filter(({ id }) => ids.includes(id)) : all;
  const followed = channels.flatMap(({ id, isFollowed }) => (isFollowed ? id : []));
  await admit(Math.ceil(followed.length / BATCH_SIZE));
  const own = new Map<ConversationId, Conversation>();
  for (let i = 0; i < followed.length; i += BATCH_SIZE) {
    const batch = { ids: followed.slice(i, i + BATCH_SIZE), includeHidden: true };
    const entries = await core.inboxes.entries(caller, batch);
    for (const one of await loadConversations(core, caller, entries)) own.set(one.id, one);
  }
  const senders = [...own.values()].flatMap(({ mentioned }) => mentioned.map(({ senderId }) => senderId));
  const profiles = await loadProfiles(core, [], senders);
  return channels.map((channel) => ({ channel, own: own.get(channel.id), profiles }));
}

/** Changes a topic; absent fields keep their value. @throws `not_found`, as `editGroup` */
export async function editTopic(
  core: Core,
  caller: UserId,
  community: SpaceId,
  id: ConversationId,
  { customData, ...change }: TopicFields & { muteAll?: boolean | undefined },
): Promise<Topic> {
  const query = { ids: [id], admit: () => Promise.resolve() };
  const [found] = await listTopics(core, caller, community, query);
  if (!found) throw noConversation();
  const customFields = customData === undefined ? undefined : { [CUSTOM_DATA]: customData };
  await editGroup(core, caller, id, { ...change, customFields });
  const [changed] = await listTopics(core, caller, community, query);
  if (!changed) throw noConversation();
  return changed;
}

/** The topics that one call ends: each is told to all who follow it. */
export const MAX_ENDED = 20;

/** What has become of a topic that was to end. */
export interface TopicEnd {
  id: ConversationId;
  /** why it has not ended; null: it has */
  failure: Failure | null;
}

/**
 * Dissolves topics, one after the other. Members are told once, of all.
 * @param ids null: all that the caller can read
 * @param admit is told the number of topics before one ends
 * @throws `not_found` unless the caller is in the community; `validation_failed` for more than `MAX_ENDED`;
 *   as `admit`
 */
export async function deleteTopics(
  core: Core,
  caller: UserId,
  community: SpaceId,
  { ids, admit }: { ids: readonly ConversationId[] | null; admit: (topics: number) => Promise<void> },
): Promise<TopicEnd[]> {
  const all = new Set((await ofGroup(listChannels(core, caller, community))).map(({ id }) => id));
  const wanted = [...new Set(ids ?? all)];
  if (wanted.length > MAX_ENDED)
    throw invalid("topicIDList", `must be there: a call deletes ${MAX_ENDED} topics at most`);
  await admit(wanted.length);
  const ends: TopicEnd[] = [];
  try {
    for (const id of wanted) {
      const work = all.has(id) ? dissolveUntold(core, caller, id) : Promise.reject(noConversation());
      const failure = await work.then(
        () => null,
        (error: unknown) => {
          if (error instanceof CoreError) return error.toFailure();
          throw error;
        },
      );
      ends.push({ id, failure });
    }
  } finally {
    if (ends.some(({ failure }) => failure === null)) tellOnlineMembers(core, community);
  }
  return ends;
}
