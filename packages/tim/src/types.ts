/** What every method resolves with. */
export interface Answer<Data> {
  code: 0;
  data: Data;
}

/** The data of an answer whose fields the server names. */
export type Fields = Record<string, unknown>;

export type ConversationType = "C2C" | "GROUP" | "@TIM#SYSTEM";
export type MessageStatus = "unSend" | "success" | "fail";

/** One of the sizes of an image. */
export interface ImageInfo {
  type: number;
  sizeType: number;
  size: number;
  width: number;
  height: number;
  url: string;
  imageUrl: string;
}

/** A user in a tip. */
export interface TipMember extends User {
  muteTime?: number;
}

/** The content of a message: which fields there are, its `type` says. */
export interface Payload {
  text?: string;
  atUserList?: string[];
  data?: string;
  description?: string;
  extension?: string;
  index?: number | string;
  latitude?: number;
  longitude?: number;
  uuid?: string;
  url?: string;
  size?: number;
  second?: number;
  imageFormat?: number;
  imageInfoArray?: ImageInfo[];
  fileUrl?: string;
  fileName?: string;
  fileSize?: number;
  videoUrl?: string;
  remoteVideoUrl?: string;
  videoUUID?: string;
  videoFormat?: string;
  videoSecond?: number;
  videoSize?: number;
  thumbUrl?: string;
  thumbUUID?: string;
  thumbSize?: number;
  thumbWidth?: number;
  thumbHeight?: number;
  title?: string;
  abstractList?: string[];
  compatibleText?: string;
  messageList?: Message[];
  downloadKey?: string;
  operationType?: number;
  operatorID?: string;
  userIDList?: string[];
  memberList?: TipMember[];
  memberCount?: number;
  groupProfile?: Fields;
  newGroupProfile?: Fields;
  handleMessage?: string;
  applyMessage?: string;
  messageKey?: number;
  authentication?: string;
  [field: string]: unknown;
}

/** A message. The same object from `create…Message` on: its fields change in place. */
export interface Message {
  ID: string;
  type: string;
  payload: Payload;
  conversationID: string;
  conversationType: ConversationType;
  to: string;
  from: string;
  flow: "in" | "out";
  /** seconds since 1970 */
  time: number;
  clientTime: number;
  sequence: number;
  status: MessageStatus;
  priority: string;
  nick: string;
  avatar: string;
  nameCard: string;
  isRevoked: boolean;
  revoker: string;
  revokerInfo: User;
  revokeReason: string;
  isDeleted: boolean;
  isModified: boolean;
  isBroadcastMessage: boolean;
  isSupportExtension: boolean;
  hasRiskContent: boolean;
  /** rises by one each time that it is modified */
  version: number;
  isPeerRead: boolean;
  needReadReceipt: boolean;
  readReceiptInfo: {
    readCount: number | undefined;
    unreadCount: number | undefined;
    isPeerRead?: boolean | undefined;
  };
  atUserList: string[];
  cloudCustomData: string;
  /** the message that it quotes */
  quoteInfo?: { msgID: string; messageTime: number; messageSequence: number };
}

/** A user, as they are shown. */
export interface User {
  userID: string;
  nick: string;
  avatar: string;
}

/** The users who have reacted to a message with one reaction. */
export interface Reaction {
  reactionID: string;
  totalUserCount: number;
  /** the first three */
  partialUserList: User[];
  reactedByMyself: boolean;
}

export interface LastMessage {
  lastTime: number;
  lastSequence: number;
  fromAccount: string;
  messageForShow: string;
  type: string;
  payload: Payload;
  isRevoked: boolean;
  isPeerRead: boolean;
  nick: string;
  nameCard: string;
}

export interface Group {
  groupID: string;
  name: string;
  avatar: string;
  type: string;
  introduction: string;
  notification: string;
  ownerID: string;
  memberCount: number;
  maxMemberCount: number;
  muteAllMembers: boolean;
  joinOption: string;
  selfInfo?: Fields;
  [field: string]: unknown;
}

export interface Conversation {
  conversationID: string;
  type: ConversationType;
  subType: string;
  unreadCount: number;
  lastMessage: LastMessage;
  /** of the other user of a direct conversation: the server tells `userID`, `nick` and `avatar` alone here */
  userProfile?: Profile;
  groupProfile?: Group;
  groupAtInfoList: { from: string; groupID: string; messageSequence: number; atTypeArray: number[] }[];
  remark: string;
  isPinned: boolean;
  messageRemindType: string;
  peerReadTime: number;
  draftText: string;
  customData: string;
  markList: number[];
  conversationGroupList: string[];
  operationType: number;
}

export interface Profile {
  userID: string;
  nick: string;
  avatar: string;
  gender: string;
  birthday: number;
  location: string;
  selfSignature: string;
  allowType: string;
  language: number;
  messageSettings: number;
  adminForbidType: string;
  level: number;
  role: number;
  lastUpdatedTime: number;
  profileCustomField: { key: string; value: string }[];
}

/** A file to send: what `<input type="file">` has chosen, the element itself, or bytes. */
export type FileSource = File | Blob | { files: ArrayLike<File> | null };

export interface MessageOptions<Content> {
  to: string;
  conversationType: "C2C" | "GROUP";
  payload: Content;
  priority?: string;
  cloudCustomData?: string;
  needReadReceipt?: boolean;
  /** of a file: hears the part that is up, from 0 to 1 */
  onProgress?(part: number): void;
}

export interface SendOptions {
  /** nothing stores it: only those who are online hear of it. Neither files nor forwards */
  onlineUserOnly?: boolean;
  [option: string]: unknown;
}

/** What a handler of `on` hears. */
export interface ChatEvent<Data = unknown> {
  name: string;
  data: Data;
}

export type Handler = (event: ChatEvent) => void;

export interface CreateOptions {
  SDKAppID: number;
  /** the address of the Parley server; absent: `globalThis.PARLEY_TIM_SERVER`, else the page's own origin */
  server?: string;
  [option: string]: unknown;
}
