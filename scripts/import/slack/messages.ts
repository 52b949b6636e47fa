import { attachmentText } from "../../../src/domain/foreign/slack/attachments.ts";
import { SlackBlocks } from "../../../src/domain/foreign/slack/blocks.ts";
import { fromMrkdwn } from "../../../src/domain/foreign/slack/mrkdwn.ts";
import type { Collection } from "../collected/collection.ts";
import type { FileDraft, MessageDraft } from "../collected/draft.ts";
import type { Ids } from "../ids.ts";
import { reactionKeyOf } from "../text/emoji.ts";
import { quote } from "../text/quote.ts";
import { type KnownNames, TextNames } from "../text/text-names.ts";
import type { SlackAttachment, SlackFile, SlackMessage } from "./shapes.ts";

/** Subtypes of messages about a channel: notices by nobody. */
const NOTICES = new Set([
  ...["channel_topic", "channel_purpose", "channel_name", "channel_archive", "channel_unarchive"],
  ...["group_topic", "group_purpose", "group_name", "group_archive", "group_unarchive", "sh_room_created"],
]);
/** Subtypes of messages that a person or an app has written. */
const SAID = new Set([
  ...["bot_message", "me_message", "thread_broadcast", "file_share", "file_comment", "file_mention"],
  ...["slackbot_response", "assistant_app_thread", "document_mention", "bot_add"],
]);
const JOINED = new Set(["channel_join", "group_join"]);

/** The context in which the messages of a channel are converted. */
export interface SlackRoom {
  collection: Collection;
  ids: Ids;
  /** the folder of the export inside of the source: `""`, or with a slash at its end */
  base: string;
  names: KnownNames;
  /** the external id of the conversation */
  conversation: string;
  /** Slack's id of the channel */
  channel: string;
  /** whether everybody could read a channel */
  isPublic(channel: string): boolean;
  /** pins that the list of channels has, by ts */
  pins: ReadonlyMap<string, { at: number; by: string | undefined }>;
  /** the external id of a user or an app; makes one whom the export does not name */
  sender(id: string, name?: string | null, isBot?: boolean): string;
}

/** Takes a message into the collection, or says why it is left out. @param where its file and place */
export function takeMessage(room: SlackRoom, message: SlackMessage, where: string): void {
  const { collection, conversation } = room;
  const { subtype, user, ts } = message;
  const time = timeOf(ts);
  if (JOINED.has(subtype ?? "") && user)
    collection.formerMember(conversation, room.sender(user), { joined_at: time });
  // A reply needs the message that it answers, of whatever subtype.
  const isRoot = (message.reply_count ?? 0) > 0;
  if (message.is_ephemeral) {
    const item = { reason: "a message that one person alone was shown", where, what: message.text ?? "" };
    collection.withhold(conversation, room.ids.ofMessage(ts), item);
    return;
  }
  if (subtype === "tombstone" || (message.hidden && isRoot)) {
    const sender = user && user !== "USLACKBOT" ? user : "deleted";
    const by = room.sender(sender, "Deleted message");
    const draft = { ...draftOf(room, message, by, where), text: "", files: [], revoked: true };
    if (isRoot) collection.message(conversation, draft, orderOf(ts));
    else collection.leftOut.add({ reason: "a message that was deleted", where });
    return;
  }
  if (message.hidden) {
    collection.leftOut.add({ reason: "a message that Slack shows nobody", where, what: message.text ?? "" });
    return;
  }
  if (subtype && NOTICES.has(subtype) && !isRoot) {
    // Older notices begin with whom they are about.
    const isNamed = !user || (message.text ?? "").startsWith(`<@${user}`);
    const name = isNamed ? "" : collection.nameOf(room.sender(user));
    const text = [name, fromMrkdwn(message.text ?? "", namesOf(room))].filter(Boolean).join(" ");
    const id = room.ids.ofMessage(ts);
    collection.message(conversation, { id, sender: null, time, text, where }, orderOf(ts));
    return;
  }
  const said = subtype === "file_comment" ? (message.comment?.user ?? user) : user;
  const isBot = subtype === "bot_message" || (!said && Boolean(message.bot_id));
  const id = said || message.bot_id || (message.username ? `bot-${message.username}` : undefined);
  const isSaid = !subtype || SAID.has(subtype) || isRoot;
  if (!isSaid || !id) {
    collection.leftOut.add({
      reason: isSaid ? "a message by nobody" : `a notice of the kind ${subtype}`,
      ...{ where, what: message.text ?? "" },
    });
    return;
  }
  const { username, bot_profile: bot, user_profile: guest } = message;
  const name = username || bot?.name || guest?.display_name || guest?.real_name;
  const sender = room.sender(id, name, isBot);
  collection.message(conversation, draftOf(room, message, sender, where), orderOf(ts));
}

function draftOf(room: SlackRoom, message: SlackMessage, sender: string, where: string): MessageDraft {
  const { collection, ids } = room;
  const { ts, thread_ts: root, subtype } = message;
  const names = namesOf(room);
  const { text, mentions, mentionsAll } = names.converted(textOf(room, message, names, where));
  return {
    ...{ id: ids.ofMessage(ts), sender, time: timeOf(ts), where, mentions, mentionsAll },
    text: subtype === "me_message" && text !== "" ? `_${text}_` : text,
    files: filesOf(room, message, where),
    ...(root &&
      root !== ts && { thread: { root: ids.ofMessage(root), alsoInMain: subtype === "thread_broadcast" } }),
    ...(message.edited && { editedAt: timeOf(message.edited.ts ?? ts) }),
    reactions: (message.reactions ?? []).flatMap(({ name, users, count }) => {
      const named = users ?? [];
      const missing = (count ?? 0) - named.length;
      collection.leftOut.add(
        { reason: "a reaction of somebody whom the export does not name", where, what: name },
        missing,
      );
      return named.map((user) => ({ key: reactionKeyOf(name), user: room.sender(user) }));
    }),
    ...pinOf(room, message, sender),
  };
}

const namesOf = (room: SlackRoom) => new TextNames(room.names, "all");

function textOf(room: SlackRoom, message: SlackMessage, names: TextNames, where: string): string {
  const { collection } = room;
  const { subtype, attachments } = message;
  if (subtype === "file_comment") return fromMrkdwn(message.comment?.comment ?? "", names);
  // The text of a share of old describes what its file shows.
  const source = subtype === "file_share" && message.file && !message.files ? "" : (message.text ?? "");
  const blocks = new SlackBlocks(names, (type) => {
    collection.leftOut.add({ reason: `a block of the kind ${type}`, where, what: source });
  });
  // With blocks the text is for notifications alone.
  const base = blocks.textOf(message.blocks ?? []) || fromMrkdwn(source, names);
  const parts = (attachments ?? []).map((attachment) => {
    if (isOfOthers(room, attachment)) {
      const reason = "(the link stays) a message of another private conversation that a link shows";
      collection.leftOut.add({ reason, where });
      return "";
    }
    const { from_url: from, original_url: original, is_msg_unfurl: isUnfurl, is_share: isShare } = attachment;
    const isPreview = !isUnfurl && !isShare && [from, original].some((url) => url && source.includes(url));
    const { above, inside } = isPreview ? NO_ATTACHMENT : attachmentText(attachment, names, blocks);
    if (above + inside === "")
      collection.leftOut.add({ reason: "(the link stays) a preview of a link", where });
    // An app may say the same in its text and in its attachment.
    return [above, inside === base ? "" : quote([inside])].filter((part) => part && part !== base).join("\n");
  });
  return [base, ...parts].filter(Boolean).join("\n");
}

const NO_ATTACHMENT = { above: "", inside: "" };

/** Whether an attachment shows a message again that not everybody who reads it here could see. */
function isOfOthers(room: SlackRoom, attachment: SlackAttachment): boolean {
  const { channel_id: channel, is_msg_unfurl: isUnfurl, is_share: isShare } = attachment;
  if (attachment.private_channel_prompt) return true;
  if ((!isUnfurl && !isShare) || !channel || channel === room.channel) return false;
  return !room.isPublic(channel);
}

function filesOf(
  { ids, base }: SlackRoom,
  { files, file, subtype }: SlackMessage,
  where: string,
): FileDraft[] {
  const all = files ?? (file && subtype !== "file_comment" ? [file] : []);
  return all.flatMap((one, i) => (one ? [fileOf(ids, one, `${where}-${i}`, base)] : []));
}

function fileOf(ids: Ids, file: SlackFile, place: string, base: string): FileDraft {
  const { id, mode, size, mimetype } = file;
  const name = file.name || file.title || id || "file";
  const url = file.url_private_download || file.url_private || undefined;
  const missing =
    mode === "tombstone"
      ? "a file that was deleted at Slack"
      : mode === "hidden_by_limit"
        ? "a file that Slack's plan hides"
        : mode === "external" || file.is_external
          ? "a file of another service, of which Slack has a link alone"
          : undefined;
  return {
    ...{
      id: ids.of(id ?? place),
      name,
      missing,
      url,
      size: size ?? undefined,
      contentType: mimetype ?? undefined,
    },
    ...{ width: file.original_w || undefined, height: file.original_h || undefined },
    durationMs: file.duration_ms ?? undefined,
    // Where tools that complete an export put files.
    ...(id && {
      paths: [`__uploads/${id}/${name}`, `${id}/${name}`, `${id}-${name}`, `files/${id}-${name}`].map(
        (path) => base + path,
      ),
    }),
  };
}

function pinOf(room: SlackRoom, message: SlackMessage, sender: string): Pick<MessageDraft, "pinned"> {
  const { ts, pinned_to: places, pinned_info: info } = message;
  const listed = room.pins.get(ts);
  if (!listed && !places?.includes(room.channel)) return {};
  const by = info?.pinned_by || listed?.by;
  const at = info?.pinned_ts ? info.pinned_ts * 1000 : (listed?.at ?? timeOf(ts));
  return { pinned: { at: Math.round(at), by: by ? room.sender(by) : sender } };
}

/** Milliseconds of a ts. */
function timeOf(ts: string): number {
  return Math.floor(orderOf(ts));
}

/** As `timeOf`, with the microseconds. */
function orderOf(ts: string): number {
  const [seconds = "0", fraction = "0"] = ts.split(".");
  return Number(seconds) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6)) / 1000;
}
