import type { ProfileLookup } from "../../core/accounts/profile-lookup.ts";
import type { Person } from "../../domain/accounts/person.ts";
import type { CustomFields } from "../../domain/custom-fields.ts";
import type { Position } from "../../domain/ids.ts";
import type { Kind } from "../../domain/messages/content.ts";

/** The conversation of serialized messages, as the reader sees it. */
export type WireConversation =
  | { kind: "direct"; peer: Pick<Person, "username">; peerReadSeq: Position }
  | {
      kind: "group";
      /** as `wireGroupID` returns it */
      groupID: string;
      name: string;
    };

/** The context of serializing messages: the reader, the conversation, and the profiles of users. */
export interface SerializeContext {
  caller: Pick<Person, "id" | "username">;
  wireConversation: WireConversation;
  profiles: ProfileLookup;
}

/** The SDK's elements, by kind of message. */
export const ELEMENTS: Record<Kind, string> = {
  text: "TIMTextElem",
  image: "TIMImageElem",
  audio: "TIMSoundElem",
  video: "TIMVideoFileElem",
  file: "TIMFileElem",
  location: "TIMLocationElem",
  face: "TIMFaceElem",
  custom: "TIMCustomElem",
  merged: "TIMRelayElem",
  tip: "TIMGroupTipElem",
};

/** The entry of `atUserList` that mentions everybody, in the SDK's spelling. */
export const AT_ALL = "__kImSDK_MesssageAtALL__";

/** The SDK's names of reminders: how a user is notified of messages. */
export const REMIND_TYPES = {
  usual: "AcceptAndNotify",
  silent: "AcceptNotNotify",
  never: "Discard",
} as const;

/** Milliseconds as seconds, in which this API counts time. */
export const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** Custom fields as a list of keys and values. */
export function serializeFields(fields: CustomFields): { key: string; value: string }[] {
  return Object.entries(fields).map(([key, value]) => ({ key, value }));
}
