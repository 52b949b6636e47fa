import type {
  DeviceSendRequest,
  ReplayRequest,
  SnapshotRequest,
  TakeSendResult,
} from "../../domain/ports.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { repeatable, repeatableIf } from "./call.ts";
import { weightOfDraft } from "./writing.ts";

const { light, unweighed } = WEIGHTS;

/**
 * The calls that the inbox of a member makes for their devices. What a device needs to resume is not refused:
 * its inbox charges the syncs of its user.
 */
export const DEVICES = {
  /** A page of what the caller's devices lack after a position. @see DeviceCalls.replay */
  replay: repeatable(unweighed, ({ room }, input: ReplayRequest) =>
    room.profiles.fresh(() => room.deviceCalls.replay(input)),
  ),

  /** The newest update for an inbox, without the fan-out. Idempotent. @see DeviceCalls.snapshot */
  snapshot: repeatable(
    ({ writes }: SnapshotRequest) => (writes === undefined ? unweighed : light),
    ({ room }, input: SnapshotRequest) => room.deviceCalls.snapshot(input),
  ),

  /** Stores the drafts of a device of the caller. @see DeviceCalls.sends */
  sendFromDevice: repeatableIf(
    ({ drafts }: DeviceSendRequest, _: TakeSendResult) =>
      drafts.every(({ clientMsgId }) => clientMsgId !== undefined),
    ({ drafts }: DeviceSendRequest, _: TakeSendResult) =>
      drafts.reduce((sum, draft) => sum + weightOfDraft(draft), 0),
    ({ room }, input: DeviceSendRequest, take: TakeSendResult) => room.deviceCalls.sends(input, take),
  ),
};
