import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Position } from "../../../domain/ids.ts";
import type { Kind } from "../../../domain/messages/content.ts";

/** The conversation which messages are in, as whom they are shown to sees it. */
export type Stage =
  | { kind: "direct"; peer: Pick<Person, "username">; peerReadSeq: Position }
  | {
      kind: "group";
      /** as `wireGroupID` gives it */
      groupID: string;
      name: string;
    };

/** What is known beside messages: to whom they are shown, where, and who is who. */
export interface Setting {
  caller: Pick<Person, "id" | "username">;
  stage: Stage;
  profiles: ProfileLookup;
}

/** The elements of the SDK, each for a kind of message. */
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

/** Who stands in `atUserList` for everybody, by the SDK's own spelling. */
export const AT_ALL = "__kImSDK_MesssageAtALL__";

/** Milliseconds as this API counts time. */
export const seconds = (ms: number): number => Math.floor(ms / 1_000);
