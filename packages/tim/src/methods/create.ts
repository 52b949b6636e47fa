import type { Client } from "../client.ts";
import { TYPES } from "../constants.ts";
import { ChatError, CODES } from "../error.ts";
import { unsaid } from "../state/wire.ts";
import type { FileSource, ImageInfo, Message, MessageOptions, Payload } from "../types.ts";

/** What is sent with a message besides its fields. */
interface Attachment {
  file?: { blob: Blob; name: string };
  onProgress?(part: number): void;
  /** the message that it forwards */
  original?: Message;
}

/** What is to be sent with messages that are made and not sent. */
export type Attachments = WeakMap<Message, Attachment>;

type FileOptions = MessageOptions<{ file: FileSource }>;

let made = 0;

/** The methods that make messages. Nothing is sent. */
export function createMethods(client: Client, attachments: Attachments) {
  const create = <Content>(type: string, options: MessageOptions<Content>, payload: Payload): Message => {
    const { me } = client;
    if (!me) throw new ChatError(CODES.notReady, "Sign in first.");
    const { to, conversationType, priority, cloudCustomData, needReadReceipt = false } = options;
    const now = Date.now();
    return client.messages.add({
      ...unsaid(),
      // The server takes an ID that begins with the user's own.
      ...{ ID: `${me.userID}-${now}-${++made}${Math.floor(Math.random() * 9_000) + 1_000}`, type, payload },
      ...{ conversationID: `${conversationType}${to}`, conversationType, to, from: me.userID, flow: "out" },
      ...{
        time: Math.floor(now / 1_000),
        clientTime: Math.floor(now / 1_000),
        sequence: 0,
        status: "unSend",
      },
      ...{ priority: priority ?? TYPES.MSG_PRIORITY_NORMAL, nick: me.nick, avatar: me.avatar, nameCard: "" },
      ...{ isRevoked: false, revoker: "", isDeleted: false, isModified: false, version: 0 },
      ...{ isPeerRead: false, needReadReceipt },
      ...{ atUserList: payload.atUserList ?? [], cloudCustomData: cloudCustomData ?? "" },
    });
  };

  const createFile = (
    type: string,
    options: FileOptions,
    describe: (file: Described) => Payload,
  ): Message => {
    const file = fileIn(options.payload.file);
    const url = typeof URL.createObjectURL === "function" ? URL.createObjectURL(file.blob) : "";
    const message = create(type, options, describe({ ...file, url, size: file.blob.size }));
    const { onProgress } = options;
    attachments.set(message, { file, ...(onProgress && { onProgress }) });
    return message;
  };

  return {
    createTextMessage: (options: MessageOptions<{ text: string }>) =>
      create(TYPES.MSG_TEXT, options, { text: options.payload.text }),
    createTextAtMessage: (options: MessageOptions<{ text: string; atUserList: string[] }>) =>
      create(TYPES.MSG_TEXT, options, { ...options.payload }),
    createCustomMessage: (
      options: MessageOptions<{ data: string; description?: string; extension?: string }>,
    ) => create(TYPES.MSG_CUSTOM, options, { description: "", extension: "", ...options.payload }),
    createFaceMessage: (options: MessageOptions<{ index: number | string; data: string }>) =>
      create(TYPES.MSG_FACE, options, { ...options.payload }),
    createLocationMessage: (
      options: MessageOptions<{ description: string; latitude: number; longitude: number }>,
    ) => create(TYPES.MSG_LOCATION, options, { ...options.payload }),
    createImageMessage: (options: FileOptions) =>
      createFile(TYPES.MSG_IMAGE, options, ({ url, size }) => {
        const shown = { size, width: 0, height: 0, url, imageUrl: url };
        const imageInfoArray: ImageInfo[] = [0, 1, 2].map((at) => ({ type: at, sizeType: at + 1, ...shown }));
        return { uuid: "", imageFormat: 255, imageInfoArray };
      }),
    createAudioMessage: (options: FileOptions) =>
      createFile(TYPES.MSG_SOUND, options, ({ url, size, duration }) => {
        return { uuid: "", url, size, second: Math.ceil(duration) };
      }),
    createVideoMessage: (options: FileOptions) =>
      createFile(TYPES.MSG_VIDEO, options, ({ url, size, duration, name }) => ({
        ...{ videoUUID: "", videoUrl: url, remoteVideoUrl: "", videoFormat: name.split(".").pop() ?? "" },
        ...{ videoSecond: Math.ceil(duration), videoSize: size },
        ...{ thumbUUID: "", thumbUrl: "", thumbSize: 0, thumbWidth: 0, thumbHeight: 0 },
      })),
    createFileMessage: (options: FileOptions) =>
      createFile(TYPES.MSG_FILE, options, ({ url, size, name }) => {
        return { uuid: "", fileUrl: url, fileName: name, fileSize: size };
      }),
    createForwardMessage: (options: MessageOptions<Message>) => {
      const message = create(options.payload.type, options, { ...options.payload.payload });
      attachments.set(message, { original: options.payload });
      return message;
    },
    /** Makes a message quote another one of its conversation. */
    createQuoteMessage(message: Message, { ID, time, sequence }: Message): Message {
      return Object.assign(message, {
        quoteInfo: { msgID: ID, messageTime: time, messageSequence: sequence },
      });
    },
    createMergerMessage: (options: MessageOptions<Payload>) =>
      create(TYPES.MSG_MERGER, options, { ...options.payload }),
  };
}

interface Described {
  url: string;
  name: string;
  size: number;
  duration: number;
}

/** @throws ChatError if no file was chosen */
function fileIn(source: FileSource): { blob: Blob; name: string; duration: number } {
  const blob = "files" in source ? source.files?.[0] : source;
  if (!blob) throw new ChatError(2_350, "payload.file: no file was chosen");
  const name = "name" in blob && typeof blob.name === "string" ? blob.name : "file";
  const duration = "duration" in blob ? Number(blob.duration) || 0 : 0;
  return { blob, name, duration };
}
